/* The markdown block: headings, lists, quotes, code, links, emphasis. Everything else is shown as it is written. */

import { el, link } from "../dom.js";
import { withEmoji } from "../emoji.js";
import { mrkdwn, unescape } from "../mrkdwn.js";

const INLINE = /\\(?<escaped>[\\`*_{}[\]()#+\-.!~>|<])|`(?<code>[^`\n]+)`|\[(?<label>[^\]\n]+)\]\((?<url>[^)\s]+)\)|\*\*(?<bold>[^\n]+?)\*\*|__(?<strong>[^\n]+?)__|~~(?<strike>[^\n]+?)~~|(?<![\p{L}\p{N}])[*_](?<italic>[^*_\n]+?)[*_](?![\p{L}\p{N}])|(?<entity><[@#!][^<>\n]+>)/gu;
const TAGS = { bold: "strong", strong: "strong", strike: "s", italic: "em" };

/** The nodes of a markdown text. */
export function markdown(text, names) {
  const lines = text.split("\n");
  const nodes = [];
  while (lines.length) nodes.push(block(lines, names));
  return nodes.filter(Boolean);
}

function block(lines, names) {
  const line = lines.shift();
  if (!line.trim()) return null;
  if (/^\s*```/.test(line)) return code(lines);
  const heading = /^(#{1,6})\s+(.*)$/.exec(line);
  if (heading) return el(`h${Math.min(6, heading[1].length + 2)}`, {}, inline(heading[2], names));
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return el("hr");
  if (/^\s*>/.test(line)) return el("blockquote", {}, markdown(run(lines, line, /^\s*> ?/).join("\n"), names));
  if (UNORDERED.test(line)) return el("ul", {}, entries(lines, line, UNORDERED, names));
  if (ORDERED.test(line)) return el("ol", { start: parseInt(line, 10) }, entries(lines, line, ORDERED, names));
  return paragraph(lines, line, names);
}

const UNORDERED = /^\s*[-*+]\s+/;
const ORDERED = /^\s*\d+[.)]\s+/;
const STARTS = /^\s*(```|#{1,6}\s|>|[-*+]\s|\d+[.)]\s)/;

function code(lines) {
  const end = lines.findIndex((line) => /^\s*```/.test(line));
  const inside = lines.splice(0, end < 0 ? lines.length : end);
  lines.shift();
  return el("pre", {}, el("code", {}, inside.join("\n")));
}

/** The lines from `first` on that carry `mark`, without it. */
function run(lines, first, mark) {
  const found = [first];
  while (lines.length && mark.test(lines[0])) found.push(lines.shift());
  return found.map((line) => line.replace(mark, ""));
}

const entries = (lines, first, mark, names) => run(lines, first, mark).map((line) => el("li", {}, inline(line, names)));

function paragraph(lines, first, names) {
  const found = [first];
  while (lines.length && lines[0].trim() && !STARTS.test(lines[0])) found.push(lines.shift());
  return el("p", {}, inline(found.join("\n"), names));
}

function inline(text, names) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(words(text.slice(end, match.index)), piece(match.groups, names));
    end = match.index + match[0].length;
  }
  return [...nodes, words(text.slice(end))];
}

const words = (text) => withEmoji(unescape(text));

function piece(found, names) {
  if (found.escaped !== undefined) return found.escaped;
  if (found.code !== undefined) return el("code", {}, found.code);
  if (found.url !== undefined) return link(found.url, found.label);
  if (found.entity !== undefined) return mrkdwn(found.entity, names);
  const style = Object.keys(TAGS).find((name) => found[name] !== undefined);
  return el(TAGS[style], {}, inline(found[style], names));
}
