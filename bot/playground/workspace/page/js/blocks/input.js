/* An input block: label, element, hint and what is wrong with it. */

import { el, newId } from "../dom.js";
import { plain } from "../mrkdwn.js";
import { element } from "./elements.js";

const GROUPS = new Set(["checkboxes", "radio_buttons"]);

export function inputBlock(block, surface) {
  const [id, labelId, hintId, errorId] = ["input", "label", "hint", "error"].map(newId);
  const error = surface.errors.get(block.block_id);
  const group = GROUPS.has(block.element.type);
  const hint = block.hint && el("p", { class: "hint", id: hintId }, plain(block.hint));
  const wrong = error && el("p", { class: "error", id: errorId }, error);
  const place = {
    block, surface, id, label: plain(block.label), labelledBy: group ? labelId : null, optional: block.optional, invalid: Boolean(error),
    describedBy: [error && errorId, hint && hintId].filter(Boolean).join(" ") || null,
  };
  const words = [plain(block.label), block.optional && el("span", { class: "optional" }, " (optional)")];
  return el("div", { class: error ? "wrong" : "", "data-block": block.block_id },
    group ? el("span", { class: "label", id: labelId }, words) : el("label", { class: "label", for: id, id: labelId }, words),
    element(block.element, place), wrong, hint);
}
