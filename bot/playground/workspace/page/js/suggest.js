/* What the composer offers while something is typed: commands, their subcommands, people, channels. */

const LIMIT = 12;

/** {from, typed, entries: [{insert, label, note}], hint} for the text before the caret. */
export function suggest(text, { commands, people, groups, channels }) {
  return forCommand(text, commands) ?? forMention(text, people, groups) ?? forChannel(text, channels) ?? { entries: [], hint: hintFor(text, commands) };
}

function forCommand(text, commands) {
  const name = /^\/\S*$/.exec(text)?.[0];
  if (name !== undefined) {
    const found = commands.filter(({ command }) => command.startsWith(name));
    return offer(0, name, found.map(({ command, description }) => ({ insert: command, label: command, note: description })), "");
  }
  // An incident may stand before the subcommand: /dr INC-7 status
  const parts = /^(?<command>\/\S+)\s+(?:[A-Za-z]+-\d+\s+)?(?<word>\S*)$/.exec(text)?.groups;
  const command = parts && commands.find((one) => one.command === parts.command);
  if (!command) return null;
  const found = (command.subcommands ?? []).filter(({ name: sub }) => sub.startsWith(parts.word.toLowerCase()));
  const entries = found.map(({ name: sub, hint, description }) => ({ insert: sub, label: [sub, hint].filter(Boolean).join(" "), note: description }));
  return offer(text.length - parts.word.length, parts.word, entries, command.usage_hint ?? "", 40);
}

function forMention(text, people, groups) {
  const typed = /(?:^|\s)@([\p{L}\d._-]*)$/u.exec(text)?.[1];
  if (typed === undefined) return null;
  const persons = people.filter(({ deleted }) => !deleted).map(({ name, real_name: real, title }) => ({ insert: `@${name}`, label: real || name, note: [`@${name}`, title].filter(Boolean).join(" · ") }));
  const teams = groups.map(({ handle, name }) => ({ insert: `@${handle}`, label: `@${handle}`, note: name }));
  return offer(text.length - typed.length - 1, `@${typed}`, [...persons, ...teams].filter(matches(typed)), "");
}

function forChannel(text, channels) {
  const typed = /(?:^|\s)#([\p{L}\d_-]*)$/u.exec(text)?.[1];
  if (typed === undefined) return null;
  const named = channels.filter(({ kind, archived }) => kind !== "im" && !archived);
  return offer(text.length - typed.length - 1, `#${typed}`, named.map(({ name, topic }) => ({ insert: `#${name}`, label: `#${name}`, note: topic })).filter(matches(typed)), "");
}

const matches = (typed) => ({ insert, label }) =>
  `${insert.slice(1)} ${label}`.toLowerCase().split(/[\s]+/).some((word) => word.startsWith(typed.toLowerCase()));

const offer = (from, typed, entries, hint, limit = LIMIT) => ({ from, typed, entries: entries.slice(0, limit), hint });

/** How the subcommand that is being typed goes on. */
function hintFor(text, commands) {
  const parts = /^(?<command>\/\S+)\s+(?:[A-Za-z]+-\d+\s+)?(?<word>\S+)\s/.exec(text)?.groups;
  const sub = parts && commands.find(({ command }) => command === parts.command)?.subcommands?.find(({ name }) => name === parts.word.toLowerCase());
  return sub ? [`${parts.command} ${sub.name} ${sub.hint ?? ""}`.trim(), sub.description].filter(Boolean).join(" · ") : "";
}
