/* A menu that opens from a button: arrow keys move, Escape closes, the focus returns to the button. */

import { roving, wayBack } from "./a11y.js";
import { el } from "./dom.js";
import { placeBeside } from "./popup.js";

/** `entries`: {label, note?, run, checked?, disabled?, href?, name?}. `row`: entries stand side by side. */
export function openMenu(button, label, entries, { row = false } = {}) {
  if (button.getAttribute("aria-expanded") === "true") return;
  const back = wayBack(button);
  const items = entries.map((entry) => item(entry, () => close()));
  const menu = el("div", { class: row ? "menu row" : "menu", role: "menu", "aria-label": label, popover: "auto" }, items);
  const close = () => menu.hidePopover();
  roving(menu, () => items.filter((one) => one.ariaDisabled !== "true"), row ? { next: "ArrowRight", previous: "ArrowLeft" } : {});
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && event.key !== "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    close();
    back();
  });
  menu.addEventListener("beforetoggle", ({ newState }) => button.setAttribute("aria-expanded", String(newState === "open")));
  menu.addEventListener("toggle", ({ newState }) => newState === "closed" && menu.remove());
  (button.closest("dialog, nav, main, aside") ?? document.body).append(menu); // within its landmark
  menu.showPopover();
  placeBeside(menu, button);
  (items.find((one) => one.ariaChecked === "true") ?? items[0])?.focus();
}

function item({ label, note, run, checked, disabled, href, name }, close) {
  return el(href ? "a" : "button", {
    type: href ? null : "button", href, tabindex: "-1",
    role: checked === undefined ? "menuitem" : "menuitemradio",
    "aria-checked": checked === undefined ? null : String(checked),
    "aria-disabled": disabled ? "true" : null,
    "aria-label": name,
    on: { click: (event) => {
      if (event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      if (disabled) return;
      close();
      run();
    } },
  }, el("span", {}, label), note && el("span", { class: "note" }, note));
}
