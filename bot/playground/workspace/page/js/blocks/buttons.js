/* Buttons and the overflow menu. */

import { el } from "../dom.js";
import { openMenu } from "../menu.js";
import { plain } from "../mrkdwn.js";

const STYLES = { primary: "primary", danger: "danger" };

export function button(item, { block, surface }) {
  const node = el("button", {
    type: "button",
    class: `button ${STYLES[item.style] ?? ""}`.trim(),
    "aria-label": item.accessibility_label,
    on: { click: () => press() },
  }, plain(item.text));

  async function press() {
    if (node.getAttribute("aria-busy")) return;
    node.setAttribute("aria-busy", "true");
    try {
      await surface.act(block, item, item.value === undefined ? {} : { value: item.value }, item.url);
    } finally {
      node.removeAttribute("aria-busy");
    }
  }
  return node;
}

export function overflow(item, { block, surface }) {
  const choose = (option) => surface.act(block, item, { selected_option: option }, option.url);
  return el("button", {
    type: "button", class: "button overflow", "aria-label": "More options", "aria-haspopup": "menu", "aria-expanded": "false",
    on: {
      click: (event) => openMenu(event.currentTarget, "More options", item.options.map((option) => ({
        label: plain(option.text), note: plain(option.description), run: () => choose(option),
      }))),
    },
  }, "⋯");
}
