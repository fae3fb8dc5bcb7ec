/* rich_text: sections, lists, quotes and preformatted text. */

import { slackDate } from "../dates.js";
import { el, link } from "../dom.js";
import { glyph } from "../emoji.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u" };

const PARTS = {
  rich_text_section: (part, names) => el("div", { class: "paragraph" }, inline(part, names)),
  rich_text_quote: (part, names) => el("blockquote", {}, inline(part, names)),
  rich_text_preformatted: (part, names) => el("pre", {}, el("code", {}, inline(part, names))),
};

const PIECES = {
  text: (piece) => piece.text,
  link: (piece) => link(piece.url, piece.text || piece.url),
  user: (piece, names) => names.person(piece.user_id),
  usergroup: (piece, names) => names.group(piece.usergroup_id),
  channel: (piece, names) => names.channel(piece.channel_id, ""),
  broadcast: (piece) => el("span", { class: "mention" }, `@${piece.range}`),
  emoji: (piece) => glyph(piece.name),
  color: (piece) => piece.value,
  date: (piece) => el("time", { datetime: new Date(piece.timestamp * 1000).toISOString(), title: piece.fallback }, slackDate(piece.timestamp, piece.format)),
};

/** The nodes of a rich_text block. Deeper lists that follow a list stand within its last entry. */
export function richText(block, names) {
  const nodes = [];
  const open = [];
  for (const part of block.elements) {
    if (part.type !== "rich_text_list") {
      open.length = 0;
      nodes.push(PARTS[part.type]?.(part, names) ?? el("p", { class: "unknown" }, `This page can't show ${part.type}.`));
      continue;
    }
    const node = list(part, names);
    const depth = Math.min(part.indent ?? 0, open.length);
    open.length = depth;
    if (depth) (open.at(-1).lastElementChild ?? open.at(-1)).append(node);
    else nodes.push(node);
    open.push(node);
  }
  return nodes;
}

const list = (part, names) =>
  el(part.style === "ordered" ? "ol" : "ul", { start: part.offset ? part.offset + 1 : null },
    part.elements.map((entry) => el("li", {}, inline(entry, names))));

function inline(part, names) {
  return part.elements.map((piece) => {
    const node = PIECES[piece.type]?.(piece, names) ?? "";
    return Object.keys(piece.style ?? {}).filter((style) => piece.style[style] && STYLES[style])
      .reduce((inner, style) => el(STYLES[style], {}, inner), node);
  });
}
