/* Images of this server. Pictures from elsewhere are never fetched: their words stand in for them. */

import { el, link } from "../dom.js";
import { plain } from "../mrkdwn.js";

export function image(block, size = "") {
  const address = block.image_url ?? block.slack_file?.url ?? "";
  const picture = ofThisServer(address)
    ? el("img", { src: address, alt: block.alt_text ?? "", class: `picture ${size}`.trim(), loading: "lazy" })
    : elsewhere(block, address, size);
  if (block.type !== "image" || size) return picture;
  return el("figure", {}, block.title && el("figcaption", {}, plain(block.title)), picture);
}

function ofThisServer(address) {
  try {
    return new URL(address, location.href).origin === location.origin;
  } catch {
    return false;
  }
}

function elsewhere(block, address, size) {
  const words = block.alt_text || "Picture";
  if (size) return el("span", { class: `picture elsewhere ${size}`, role: "img", "aria-label": words, title: words }, "▦");
  return el("div", { class: "picture elsewhere" }, link(address, words));
}
