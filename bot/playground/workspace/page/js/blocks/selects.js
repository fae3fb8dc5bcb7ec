/* Every kind of select: what each offers, and the state value that a choice makes. */

import { plain } from "../mrkdwn.js";
import { combobox } from "./combobox.js";

const ofOption = (option, group) => ({ key: option.value, label: plain(option.text), note: plain(option.description), value: option, group });
const ofName = ({ id, label, note }) => ({ key: id, label, note, value: id });

const KINDS = {
  static: { one: "selected_option", many: "selected_options", initial: "initial_option", initials: "initial_options" },
  external: { one: "selected_option", many: "selected_options", initial: "initial_option", initials: "initial_options" },
  users: { one: "selected_user", many: "selected_users", initial: "initial_user", initials: "initial_users" },
  conversations: { one: "selected_conversation", many: "selected_conversations", initial: "initial_conversation", initials: "initial_conversations" },
  channels: { one: "selected_channel", many: "selected_channels", initial: "initial_channel", initials: "initial_channels" },
};

export function select(item, place) {
  const kind = item.type.replace("_select", "");
  const { one, initial } = KINDS[kind];
  return chosen(item, place, kind, {
    key: one, initial: item[initial] ?? null, multiple: false,
    toList: (held) => (held ? [held] : []), toValue: ([picked]) => picked ?? null,
  });
}

export function multiSelect(item, place) {
  const kind = item.type.replace("multi_", "").replace("_select", "");
  const { many, initials } = KINDS[kind];
  return chosen(item, place, kind, { key: many, initial: item[initials] ?? [], multiple: true, toList: (held) => held, toValue: (picked) => picked });
}

function chosen(item, place, kind, { key, initial, multiple, toList, toValue }) {
  const { block, surface } = place;
  const entry = kind === "static" || kind === "external" ? ofOption : (id) => ofName(surface.names.described(id));
  const { [key]: held } = surface.values.start(block.block_id, item.action_id, { type: item.type, [key]: initial });
  return combobox({
    ...place,
    multiple, most: item.max_selected_items ?? Infinity,
    placeholder: plain(item.placeholder) || (multiple ? "Choose some" : "Choose one"),
    chosen: toList(held).map((value) => entry(value)),
    offer: offers(item, place, kind),
    changed: (entries, revert) => surface.change(block, item, { type: item.type, [key]: toValue(entries.map(({ value }) => value)) },
      (before) => revert(toList(before?.[key] ?? initial).map((value) => entry(value)))),
  });
}

/** A function from what is typed to the entries offered. */
function offers(item, { block, surface }, kind) {
  if (kind === "external") return async (typed) => grouped(await surface.suggest(block.block_id, item.action_id, typed));
  const entries = kind === "static" ? grouped(item) : surface.names.choices(kind, item.filter).map(ofName);
  return (typed) => entries.filter(({ label, note }) => `${label} ${note ?? ""}`.toLowerCase().includes(typed.trim().toLowerCase()));
}

const grouped = ({ options = [], option_groups: groups = [] }) => [
  ...options.map((option) => ofOption(option)),
  ...groups.flatMap((group) => group.options.map((option) => ofOption(option, plain(group.label)))),
];
