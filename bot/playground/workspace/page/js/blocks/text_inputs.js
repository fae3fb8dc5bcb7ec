/* Inputs that are typed: text, email, address, number. */

import { el, settled } from "../dom.js";
import { plain } from "../mrkdwn.js";

const NAMES = { datepicker: "Date", timepicker: "Time", datetimepicker: "Date and time" };
const TYPES = { email_text_input: "email", url_text_input: "url" };

export function textInput(item, place) {
  const value = held(item, place);
  const tag = item.multiline ? "textarea" : "input";
  // type=text for addresses too: the rules are Slack's and the app's, not the browser's.
  const node = el(tag, {
    ...common(item, place), value, maxlength: item.max_length, inputmode: TYPES[item.type],
    type: item.multiline ? null : "text", rows: item.multiline ? 4 : null, autocomplete: "off",
  });
  return watched(node, item, place, (text) => text || null);
}

export function numberInput(item, place) {
  const node = el("input", {
    ...common(item, place), type: "text", inputmode: item.is_decimal_allowed ? "decimal" : "numeric", value: held(item, place), autocomplete: "off",
  });
  return watched(node, item, place, (text) => text.trim() || null);
}

const held = (item, { block, surface }) =>
  surface.values.start(block.block_id, item.action_id, { type: item.type, value: item.initial_value ?? null }).value ?? "";

/** The attributes that every single field has. */
export function common(item, { id, label, describedBy, invalid, optional }) {
  return {
    id, class: "field", placeholder: plain(item.placeholder) || null, "aria-label": id ? null : label || plain(item.placeholder) || NAMES[item.type],
    "aria-describedby": describedBy, "aria-invalid": invalid ? "true" : null, "aria-required": id && !optional ? "true" : null,
    "data-autofocus": item.focus_on_load ? "" : null,
  };
}

function watched(node, item, { block, surface }, read) {
  const { trigger_actions_on: triggers = ["on_enter_pressed"] } = item.dispatch_action_config ?? {};
  const hold = () => surface.values.set(block.block_id, item.action_id, { type: item.type, value: read(node.value) });
  const send = () => surface.act(block, item, { value: read(node.value) });
  const later = settled(send, 400);
  const dispatches = block.type === "input" && block.dispatch_action;
  node.addEventListener("input", () => {
    hold();
    if (dispatches && triggers.includes("on_character_entered")) later();
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !dispatches || item.multiline || !triggers.includes("on_enter_pressed")) return;
    event.preventDefault();
    send();
  });
  return node;
}
