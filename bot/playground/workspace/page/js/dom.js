/* Building the page. Text only ever becomes a text node, never markup. */

/** el("p", {class: "note", on: {click}}, "text", node): null and false are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function set(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
  else if (name === "value") node.value = value;
  else if (name === "checked") node.checked = value;
  else node.setAttribute(name, value === true ? "" : value);
}

export const byId = (id) => document.getElementById(id);

let made = 0;

/** An id that no other element of the page has. */
export function newId(prefix = "x") {
  made += 1;
  return `${prefix}-${made}`;
}

/** The address if a link may lead there, else null. */
export function safeUrl(text) {
  try {
    const url = new URL(text, location.href);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link, or plain text where the address is not one that may be opened. */
export function link(address, text, attributes = {}) {
  const href = safeUrl(address);
  if (!href || !/^https?:/i.test(address)) return el("span", attributes, text);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", ...attributes }, text);
}

/** Runs once, `wait` ms after the last call, or at once by `flush()`. */
export function settled(run, wait) {
  let timer = null;
  const flush = () => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    run();
  };
  const call = () => {
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
  };
  return Object.assign(call, { flush });
}
