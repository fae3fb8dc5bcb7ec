/* Every element that may stand in a block, by its type.

   An element's place is {block, surface, label} and, in an input block, {id, describedBy, invalid, optional}. */

import { el } from "../dom.js";
import { button, overflow } from "./buttons.js";
import { checkboxes, radioButtons } from "./choices.js";
import { image } from "./image.js";
import { dateInput, dateTimeInput, timeInput } from "./pickers.js";
import { multiSelect, select } from "./selects.js";
import { numberInput, textInput } from "./text_inputs.js";

const KINDS = ["static", "external", "users", "conversations", "channels"];

const ELEMENTS = {
  button,
  overflow,
  image: (item) => image(item, "thumb"),
  checkboxes,
  radio_buttons: radioButtons,
  datepicker: dateInput,
  timepicker: timeInput,
  datetimepicker: dateTimeInput,
  plain_text_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  number_input: numberInput,
  ...Object.fromEntries(KINDS.map((kind) => [`${kind}_select`, select])),
  ...Object.fromEntries(KINDS.map((kind) => [`multi_${kind}_select`, multiSelect])),
};

/** The node of one element. Its key finds it again after its surface was drawn anew. */
export function element(item, place) {
  const make = ELEMENTS[item.type];
  const node = make ? make(item, place) : el("span", { class: "unknown" }, `This page can't show ${item.type}.`);
  if (item.action_id) node.dataset.key = `${place.block.block_id}/${item.action_id}`;
  return node;
}
