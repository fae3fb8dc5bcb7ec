/* What Slack's own client checks before a form is sent. */

import { elementsOf } from "./blocks/surface.js";

const filled = (value) => Object.entries(value ?? {}).some(([key, held]) =>
  key !== "type" && held !== null && held !== "" && !(Array.isArray(held) && !held.length));

/** block_id -> what is wrong, in one line. */
export function mistakes(blocks, values) {
  const found = new Map();
  for (const block of blocks.filter(({ type }) => type === "input")) {
    const [element] = elementsOf(block);
    const wrong = mistake(block, element, values[block.block_id]?.[element?.action_id]);
    if (wrong) found.set(block.block_id, wrong);
  }
  return found;
}

function mistake(block, element, value) {
  if (!filled(value)) return block.optional ? null : "Please complete this required field.";
  const text = value.value ?? "";
  if (element.type === "plain_text_input") return length(text, element);
  if (element.type === "number_input") return number(text, element);
  if (element.type === "email_text_input" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) return "Please enter a valid email address.";
  if (element.type === "url_text_input" && !/^https?:\/\/\S+$/i.test(text)) return "Please enter a valid URL.";
  return null;
}

function length(text, { min_length: min, max_length: max }) {
  if (min && text.length < min) return `Please enter at least ${min} characters.`;
  return max && text.length > max ? `Please enter at most ${max} characters.` : null;
}

function number(text, { is_decimal_allowed: decimal, min_value: min, max_value: max }) {
  if (!(decimal ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/).test(text)) return decimal ? "Please enter a number." : "Please enter a whole number.";
  if (min !== undefined && Number(text) < Number(min)) return `Please enter ${min} or more.`;
  return max !== undefined && Number(text) > Number(max) ? `Please enter ${max} or less.` : null;
}
