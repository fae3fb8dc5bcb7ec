/* The list above the composer. The focus stays in the text. */

import { announce } from "./a11y.js";
import { byId, el } from "./dom.js";
import { suggest } from "./suggest.js";

export class Suggestions {
  constructor(text, store) {
    this.text = text;
    this.store = store;
    this.list = byId("suggestions");
    this.hint = byId("hint");
    this.entries = [];
    this.active = -1;
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const at = [...this.list.children].indexOf(event.target.closest("li"));
      if (at >= 0) this.accept(this.entries[at]);
    });
  }

  get open() {
    return !this.list.hidden;
  }

  refresh() {
    const { text, store } = this;
    const before = text.value.slice(0, text.selectionStart);
    const found = suggest(before, {
      commands: store.commands, people: [...store.people.values()], groups: [...store.groups.values()], channels: [...store.channels.values()],
    });
    const exact = found.entries.some(({ insert }) => insert === found.typed);
    this.from = found.from;
    this.hint.textContent = found.hint;
    this.show(exact && found.entries.length === 1 ? [] : found.entries, found.typed && found.typed.length > 1 && !exact ? 0 : -1);
  }

  show(entries, active) {
    const more = entries.length && !this.entries.length;
    this.entries = entries;
    this.list.replaceChildren(...entries.map(({ label, note }, at) =>
      el("li", { role: "option", id: `suggestion-${at}`, "aria-selected": "false" }, el("span", {}, label), note && el("span", { class: "note" }, note))));
    this.list.hidden = !entries.length;
    this.mark(active);
    if (more) announce(`${entries.length} suggestions. Arrow keys choose, Tab takes.`);
  }

  mark(active) {
    this.active = active;
    [...this.list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === active)));
    const item = this.list.children[active];
    if (item) this.text.setAttribute("aria-activedescendant", item.id);
    else this.text.removeAttribute("aria-activedescendant");
    item?.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.show([], -1);
  }

  /** True if the key was meant for the list. */
  takes(event) {
    if (!this.open) return false;
    const { key } = event;
    const count = this.entries.length;
    if (key === "ArrowDown") this.mark((this.active + 1) % count);
    else if (key === "ArrowUp") this.mark(this.active <= 0 ? count - 1 : this.active - 1);
    else if (key === "Escape") this.close();
    else if (key === "Tab" && !event.shiftKey) this.accept(this.entries[Math.max(0, this.active)]);
    else if (key === "Enter" && !event.shiftKey && this.active >= 0) this.accept(this.entries[this.active]);
    else return false;
    event.preventDefault();
    return true;
  }

  accept({ insert }) {
    const { text, from } = this;
    text.setRangeText(`${insert} `, from, text.selectionStart, "end");
    text.focus();
    text.dispatchEvent(new Event("input"));
  }
}
