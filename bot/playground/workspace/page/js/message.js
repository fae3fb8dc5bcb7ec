/* One message: who, when, what, and what can be done with it. */

import { fullTimeOf, timeOf } from "./dates.js";
import { el } from "./dom.js";
import { glyph } from "./emoji.js";
import { mrkdwn, spoken } from "./mrkdwn.js";
import { renderBlocks } from "./blocks/render.js";
import { richAttachment } from "./attachment.js";

/** What a screen reader hears of a message before it is entered. */
export function summary(message, names) {
  const said = spoken(message.text || "").slice(0, 200);
  return `${author(message, names)}, ${timeOf(message.ts)}${message.is_ephemeral ? ", only visible to you" : ""}: ${said}`;
}

export const author = (message, names) => message.username || names.personName(message.user);

export const isNotice = (message) => /^(channel|group)_/.test(message.subtype ?? "");

/** The content of a message's article. `surface` belongs to this message, `act` holds react(name, remove) and the openers of menus. */
export function messageContent(message, { names, store, surface, act }) {
  const { me, people } = store;
  return [
    message.is_ephemeral && el("p", { class: "remark" }, "Only visible to you"),
    message.pinned && el("p", { class: "remark pinned" }, "📌 Pinned"),
    avatar(message, people, names),
    el("div", { class: "body" },
      byline(message, names, people),
      content(message, names, surface),
      message.edited && !message.blocks && el("span", { class: "edited" }, " (edited)"),
      reactions(message, names, me, act)),
    !message.is_ephemeral && !isNotice(message) && toolbar(act),
  ];
}

function avatar(message, people, names) {
  const person = people.get(message.user);
  const node = el("span", { class: person?.is_bot ? "avatar bot" : "avatar", "aria-hidden": "true" }, initials(author(message, names)));
  return coloured(node, person);
}

/** An avatar in its person's colour. */
export function coloured(node, person) {
  if (/^[0-9a-f]{6}$/i.test(person?.color ?? "")) node.style.setProperty("--hue", `#${person.color}`);
  return node;
}

export const initials = (name) => name.split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();

function byline(message, names, people) {
  return el("p", { class: "byline" },
    el("strong", {}, author(message, names)),
    people.get(message.user)?.is_bot && el("span", { class: "badge" }, "App"),
    el("time", { datetime: new Date(Number(message.ts) * 1000).toISOString(), title: fullTimeOf(message.ts) }, timeOf(message.ts)));
}

function content(message, names, surface) {
  return [
    message.blocks?.length
      ? el("div", { class: "blocks" }, renderBlocks(message.blocks, surface))
      : message.text && el("div", { class: "text" }, mrkdwn(message.text, names)),
    message.attachments?.map((attachment) => richAttachment(attachment, surface)),
  ];
}

function reactions(message, names, me, act) {
  if (!message.reactions?.length) return null;
  return el("p", { class: "reactions" }, message.reactions.map(({ name, users, count }) => {
    const own = users.includes(me);
    const who = users.map((id) => names.personName(id)).join(", ");
    return el("button", {
      type: "button", class: "reaction", "aria-pressed": String(own), "aria-label": `${name}, ${count}: ${who}`, title: who,
      "data-key": `reaction/${name}`, on: { click: () => act.react(name, own) },
    }, glyph(name), " ", String(count));
  }));
}

function toolbar(act) {
  const opens = { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", tabindex: "-1" };
  return el("div", { class: "toolbar" },
    el("button", { ...opens, "aria-label": "Add a reaction", "data-key": "toolbar/react", on: { click: (event) => act.openReactions(event.currentTarget) } }, "☺"),
    el("button", { ...opens, "aria-label": "More actions", "data-key": "toolbar/more", on: { click: (event) => act.openActions(event.currentTarget) } }, "⋯"));
}
