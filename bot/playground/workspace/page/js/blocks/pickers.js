/* Date, time and both, by the browser's own pickers. */

import { localInput } from "../dates.js";
import { el, settled } from "../dom.js";
import { common } from "./text_inputs.js";

export const dateInput = (item, place) =>
  picker(item, place, "date", "selected_date", item.initial_date, { show: (value) => value ?? "", read: (text) => text || null });

export const timeInput = (item, place) =>
  picker(item, place, "time", "selected_time", item.initial_time, { show: (value) => value ?? "", read: (text) => text || null });

export const dateTimeInput = (item, place) =>
  picker(item, place, "datetime-local", "selected_date_time", item.initial_date_time, {
    show: (value) => (value ? localInput(value) : ""),
    read: (text) => (text ? Math.floor(new Date(text).getTime() / 1000) : null),
  });

function picker(item, place, type, key, initial, { show, read }) {
  const { block, surface } = place;
  const value = surface.values.start(block.block_id, item.action_id, { type: item.type, [key]: initial ?? null });
  const node = el("input", { ...common(item, place), type, value: show(value[key]) });
  const put = () => surface.change(block, item, { type: item.type, [key]: read(node.value) }, (before) => { node.value = show(before?.[key]); });
  // Typing a year passes through 0002 and 0020: what is outside of a form is sent once the typing rests.
  const later = settled(put, 700);
  const inForm = block.type === "input" && !block.dispatch_action;
  node.addEventListener("change", () => (inForm ? put() : later()));
  node.addEventListener("input", () => inForm && put());
  node.addEventListener("blur", () => later.flush());
  return node;
}
