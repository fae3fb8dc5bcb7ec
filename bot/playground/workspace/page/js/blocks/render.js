/* Blocks as Slack shows them. One function per kind; each returns one node. */

import { el } from "../dom.js";
import { plain, textObject } from "../mrkdwn.js";
import { element } from "./elements.js";
import { image } from "./image.js";
import { inputBlock } from "./input.js";
import { markdown } from "./markdown.js";
import { richText } from "./rich_text.js";

const BLOCKS = {
  header: (block) => el("h3", { class: "header" }, plain(block.text)),
  section,
  context,
  divider: () => el("hr"),
  actions,
  input: inputBlock,
  image: (block) => image(block),
  rich_text: (block, surface) => el("div", { class: "text" }, richText(block, surface.names)),
  markdown: (block, surface) => el("div", { class: "text markdown" }, markdown(block.text, surface.names)),
};

/** The nodes of `blocks` on `surface`. */
export const renderBlocks = (blocks, surface) => blocks.map((block) => renderBlock(block, surface));

function renderBlock(block, surface) {
  const render = BLOCKS[block.type];
  const node = render ? render(block, surface) : el("p", { class: "unknown" }, `This page can't show a block of type ${block.type}.`);
  node.classList.add("block", `block-${block.type}`);
  return node;
}

function section(block, surface) {
  const { names } = surface;
  const label = plain(block.text) || plain(block.fields?.[0]);
  return el("div", {},
    el("div", { class: "words" },
      block.text && el("div", { class: "text" }, textObject(block.text, names)),
      block.fields && el("div", { class: "fields" }, block.fields.map((field) => el("div", { class: "text" }, textObject(field, names))))),
    block.accessory && el("div", { class: "accessory" }, element(block.accessory, { block, surface, label })));
}

function context(block, surface) {
  return el("div", {}, block.elements.map((item) =>
    item.type === "image" ? image(item, "small") : el("span", { class: "text" }, textObject(item, surface.names))));
}

function actions(block, surface) {
  return el("div", {}, block.elements.map((item) => element(item, { block, surface, label: plain(item.placeholder) })));
}
