/* Slack's mrkdwn and plain text as nodes. */

import { slackDate } from "./dates.js";
import { el, link } from "./dom.js";
import { withEmoji } from "./emoji.js";

const WORD = "\\p{L}\\p{N}_";
// Each character can be read in one way alone: else a mark that is never closed is looked for in every combination.
const styled = (mark, name) =>
  `(?<![${WORD}${mark}])${mark}(?![\\s${mark}])(?<${name}>(?:<[^<>\\n]*>|\`[^\`\\n]*\`|(?!<[^<>\\n]*>|\`[^\`\\n]*\`)[^${mark}\\n])+?)(?<!\\s)${mark}(?![${WORD}${mark}])`;
const INLINE = new RegExp(
  [
    "<(?<entity>[^<>\\n]+)>",
    "`(?<code>[^`\\n]+)`",
    styled("\\*", "bold"),
    styled("_", "italic"),
    styled("~", "strike"),
    "(?<url>https?://[^\\s<>|`]*[^\\s<>|`.,;:!?)'\"*_~])",
  ].join("|"),
  "gu",
);
const TAGS = { bold: "strong", italic: "em", strike: "s" };

/** Slack's three escapes undone. */
export const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

const words = (text) => withEmoji(unescape(text));

/** Nodes of a text written in mrkdwn. `names` tells the names of people, channels and groups. */
export function mrkdwn(text, names) {
  return text.split("```").flatMap((part, at, parts) => {
    if (at % 2 && at < parts.length - 1) return el("pre", {}, el("code", {}, unescape(part.replace(/^\n|\n$/g, ""))));
    return paragraphs(at % 2 ? `\`\`\`${part}` : part, names, at > 0, at < parts.length - 1);
  });
}

function paragraphs(text, names, afterCode, beforeCode) {
  const lines = text.split("\n");
  if (afterCode && lines[0] === "") lines.shift();
  if (beforeCode && lines.at(-1) === "") lines.pop();
  const groups = [];
  for (const line of lines) {
    const quoted = /^(&gt;|>) ?/.exec(line);
    if (!groups.length || groups.at(-1).quoted !== Boolean(quoted)) groups.push({ quoted: Boolean(quoted), lines: [] });
    groups.at(-1).lines.push(quoted ? line.slice(quoted[0].length) : line);
  }
  return groups.flatMap((group) => {
    const nodes = inline(group.lines.join("\n"), names);
    return group.quoted ? el("blockquote", {}, nodes) : nodes;
  });
}

function inline(text, names) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(words(text.slice(end, match.index)), piece(match.groups, names));
    end = match.index + match[0].length;
  }
  nodes.push(words(text.slice(end)));
  return nodes.filter((node) => node !== "");
}

function piece(found, names) {
  if (found.entity !== undefined) return entity(found.entity, names);
  if (found.code !== undefined) return el("code", {}, unescape(found.code));
  if (found.url !== undefined) return link(unescape(found.url), unescape(found.url));
  const style = Object.keys(TAGS).find((name) => found[name] !== undefined);
  return el(TAGS[style], {}, inline(found[style], names));
}

function entity(content, names) {
  const [target, ...rest] = content.split("|");
  const label = rest.join("|");
  if (target.startsWith("@")) return names.person(target.slice(1));
  if (target.startsWith("#")) return names.channel(target.slice(1), unescape(label));
  if (target.startsWith("!date^")) return date(target, unescape(label));
  if (target.startsWith("!subteam^")) return names.group(target.slice(9));
  if (target.startsWith("!")) return el("span", { class: "mention" }, `@${target.slice(1).split("^")[0]}`);
  return link(unescape(target), words(label || target.replace(/^mailto:/, "")));
}

function date(target, fallback) {
  const [, seconds, template, address] = target.split("^");
  const moment = new Date(Number(seconds) * 1000);
  if (!seconds || Number.isNaN(moment.getTime())) return fallback;
  const node = el("time", { datetime: moment.toISOString(), title: fallback }, slackDate(Number(seconds), template ?? ""));
  return address ? link(unescape(address), node) : node;
}

/** The nodes of a text object, or of nothing. */
export function textObject(text, names) {
  if (!text) return [];
  if (text.type === "mrkdwn") return mrkdwn(text.text, names);
  return [text.emoji === false ? text.text : withEmoji(text.text)];
}

/** A text object as one line of plain words, for labels and screen readers. */
export const plain = (text) => (text ? withEmoji(text.type === "mrkdwn" ? spoken(text.text) : text.text) : "");

/** mrkdwn without its marks. */
export const spoken = (text) =>
  words(text.replace(/<([^<>|]+)\|([^<>]*)>/g, "$2").replace(/<([^<>]+)>/g, "$1").replace(/[*`~]/g, "").replace(/\s+/g, " ")).trim();
