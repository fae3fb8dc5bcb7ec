/* What keyboards and screen readers need everywhere. */

import { byId } from "./dom.js";

/** Says one line to a screen reader, politely. */
export function announce(text) {
  const region = byId("announcer");
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

/** Gives `items` one stop for Tab, the current one. */
export function oneTabStop(items, current) {
  for (const item of items) item.tabIndex = item === current ? 0 : -1;
}

/** Arrow keys, Home and End move the focus among what `find()` returns. */
export function roving(container, find, { next = "ArrowDown", previous = "ArrowUp" } = {}) {
  container.addEventListener("keydown", (event) => {
    const items = find();
    const at = items.indexOf(event.target);
    if (at < 0) return;
    const to = { [next]: at + 1, [previous]: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const item = items[Math.max(0, Math.min(items.length - 1, to))];
    oneTabStop(items, item);
    item.focus();
  });
}

/** Remembers where in `root` the focus is; the result puts it back after `root` was drawn anew, else to what `fallback` finds. */
export function keepFocus(root, fallback = () => null) {
  const active = document.activeElement;
  if (!root.contains(active) || active === root) return () => {};
  const key = active.closest("[data-key]")?.dataset.key;
  const [start, end] = "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : [null, null];
  return () => {
    const again = key && sameElement([...root.querySelectorAll("[data-key]")], key);
    const target = again ? focusable(again) : null;
    (target ?? fallback())?.focus({ preventScroll: true });
    if (target && start !== null && target.type !== "email" && target.type !== "number") target.setSelectionRange?.(start, end);
  };
}

/** Remembers the element with the focus; the result gives it back, or to what stands in its place by then. */
export function wayBack(element = document.activeElement) {
  const root = element.closest("article, .card, #home, dialog");
  const again = root ? keepFocus(root, () => root.querySelector(":is(h2, h3)[tabindex]") ?? root) : restFocus;
  return () => {
    if (element.isConnected) element.focus({ preventScroll: true });
    else if (root?.isConnected) again();
    else restFocus();
  };
}

/** The node with this key; a block whose id was given anew is found by what follows the id. */
const sameElement = (nodes, key) =>
  nodes.find((node) => node.dataset.key === key) ?? nodes.find((node) => node.dataset.key.split("/").at(-1) === key.split("/").at(-1));

const FOCUSABLE = "input:not([disabled]), textarea, select, button:not([disabled]), a[href], [tabindex='0']";

/** The node itself, or the first within it, that can have the focus. */
export const focusable = (node) => (node.matches(FOCUSABLE) ? node : node.querySelector(FOCUSABLE));

/** Where the focus goes when what had it is gone: to the composer, or to what stands in its place. */
export function restFocus() {
  [byId("text"), byId("home"), byId("scroller")].find((node) => node.checkVisibility())?.focus({ preventScroll: true });
}
