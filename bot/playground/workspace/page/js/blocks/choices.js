/* Checkboxes and radio buttons. */

import { el, newId } from "../dom.js";
import { textObject } from "../mrkdwn.js";

const same = (one, other) => one?.value === other?.value;

export function checkboxes(item, place) {
  return group(item, place, "checkbox", {
    start: (initial) => ({ type: item.type, selected_options: initial.initial_options ?? [] }),
    has: (value, option) => value.selected_options.some((chosen) => same(chosen, option)),
    read: (chosen) => ({ type: item.type, selected_options: chosen }),
  });
}

export function radioButtons(item, place) {
  return group(item, place, "radio", {
    start: (initial) => ({ type: item.type, selected_option: initial.initial_option ?? null }),
    has: (value, option) => same(value.selected_option, option),
    read: ([chosen]) => ({ type: item.type, selected_option: chosen ?? null }),
  });
}

function group(item, place, type, { start, has, read }) {
  const { block, surface, label, labelledBy, describedBy, invalid } = place;
  const value = surface.values.start(block.block_id, item.action_id, start(item));
  const name = newId("choice");
  const boxes = item.options.map((option) => el("input", { type, name, id: newId("option"), checked: has(value, option) }));
  const show = (shown) => boxes.forEach((box, at) => { box.checked = has(shown, item.options[at]); });
  const changed = () => surface.change(block, item, read(item.options.filter((_, at) => boxes[at].checked)), show);
  const role = type === "radio" ? "radiogroup" : "group";
  const node = el("div", { class: "choices", role, "aria-label": labelledBy ? null : label, "aria-labelledby": labelledBy, "aria-describedby": describedBy },
    item.options.map((option, at) => el("div", { class: "choice" }, boxes[at],
      el("label", { for: boxes[at].id },
        el("span", { class: "text" }, textObject(option.text, surface.names)),
        option.description && el("span", { class: "text note" }, textObject(option.description, surface.names))))));
  boxes.forEach((box) => box.addEventListener("change", changed));
  if (invalid && type === "radio") node.setAttribute("aria-invalid", "true");
  return node;
}
