/* Attachments, Slack's older way to frame a text: a coloured edge, a title, fields. */

import { el, link } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { renderBlocks } from "./blocks/render.js";

export function richAttachment(attachment, surface) {
  const { names } = surface;
  const node = el("div", { class: "attachment" },
    attachment.pretext && el("div", { class: "text" }, mrkdwn(attachment.pretext, names)),
    attachment.title && el("strong", {}, attachment.title_link ? link(attachment.title_link, attachment.title) : attachment.title),
    attachment.text && el("div", { class: "text" }, mrkdwn(attachment.text, names)),
    attachment.fields && el("div", { class: "fields" }, attachment.fields.map((field) =>
      el("div", { class: "text" }, el("strong", {}, field.title), el("br"), mrkdwn(field.value ?? "", names)))),
    attachment.blocks && renderBlocks(attachment.blocks, surface),
    attachment.footer && el("p", { class: "note" }, attachment.footer));
  if (/^#?[0-9a-f]{6}$/i.test(attachment.color ?? "")) node.style.borderLeftColor = `#${attachment.color.replace("#", "")}`;
  return node;
}
