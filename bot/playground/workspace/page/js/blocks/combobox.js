/* A field that offers a list and narrows it by what is typed. One choice, or several shown as chips. */

import { announce } from "../a11y.js";
import { el, newId } from "../dom.js";
import { placeBeside } from "../popup.js";

/** `offer(typed)` gives entries {key, label, note?, group?, value}, maybe later; `changed(entries, revert)` hears each choice. */
export function combobox(options) {
  return new Combobox(options).node;
}

class Combobox {
  constructor(options) {
    Object.assign(this, options);
    this.open = false;
    this.follow = (event) => event.target !== this.list && placeBeside(this.list, this.node, { stretch: true });
    this.active = -1;
    this.entries = [];
    this.asked = 0;
    this.list = el("ul", { role: "listbox", id: newId("list"), class: "list", popover: "manual", "aria-label": this.label || this.placeholder,
      "aria-multiselectable": this.multiple ? "true" : null });
    this.input = el("input", {
      type: "text", role: "combobox", id: this.id, class: "field", autocomplete: "off", placeholder: this.placeholder,
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id, "aria-label": this.id ? null : this.label || this.placeholder,
      "aria-describedby": this.describedBy, "aria-invalid": this.invalid ? "true" : null, "aria-required": this.id && !this.optional ? "true" : null,
    });
    this.chips = el("span", { class: "chips" });
    this.node = el("div", { class: this.multiple ? "combobox several" : "combobox" }, this.multiple && this.chips, this.input, this.list);
    this.listen();
    this.show();
  }

  listen() {
    this.input.addEventListener("click", () => this.expand(""));
    this.input.addEventListener("input", () => this.expand(this.input.value));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.leave());
    // The focus stays in the field while the mouse chooses.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const at = [...this.list.querySelectorAll("[role=option]")].indexOf(event.target.closest("[role=option]"));
      if (at >= 0) this.choose(this.entries[at]);
    });
  }

  /** Draws what is chosen. */
  show() {
    if (!this.multiple) {
      this.input.value = this.chosen[0]?.label ?? "";
      return;
    }
    this.input.value = "";
    this.input.placeholder = this.chosen.length ? "" : this.placeholder;
    this.chips.replaceChildren(...this.chosen.map((entry) => el("button", {
      type: "button", class: "chip", "aria-label": `Remove ${entry.label}`, on: { click: () => this.drop(entry) },
    }, entry.label, el("span", { "aria-hidden": "true" }, " ✕"))));
  }

  async expand(typed) {
    const asked = ++this.asked;
    const entries = await this.offer(typed);
    if (asked !== this.asked || document.activeElement !== this.input) return;
    this.entries = this.multiple ? entries.filter(({ key }) => !this.has(key)) : entries;
    this.active = typed ? 0 : this.entries.findIndex(({ key }) => this.has(key));
    this.draw();
  }

  draw() {
    let group;
    const items = this.entries.flatMap((entry, at) => {
      const heading = entry.group && entry.group !== group ? el("li", { role: "presentation", class: "group" }, entry.group) : null;
      group = entry.group;
      return [heading, el("li", { role: "option", id: `${this.list.id}-${at}`, "aria-selected": String(this.has(entry.key)) },
        el("span", {}, entry.label), entry.note && el("span", { class: "note" }, entry.note))];
    });
    this.list.replaceChildren(...items.filter(Boolean));
    if (!this.entries.length) this.list.append(el("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "none" }, "Nothing found"));
    if (!this.open) {
      this.list.showPopover();
      document.addEventListener("scroll", this.follow, true);
    }
    this.open = true;
    this.input.setAttribute("aria-expanded", "true");
    placeBeside(this.list, this.node, { stretch: true });
    this.mark();
  }

  mark() {
    const items = [...this.list.querySelectorAll("[role=option]")];
    items.forEach((item, at) => item.classList.toggle("active", at === this.active));
    const item = this.active >= 0 ? items[this.active] : null;
    if (item) this.input.setAttribute("aria-activedescendant", item.id);
    else this.input.removeAttribute("aria-activedescendant");
    item?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      if (!this.open) this.expand("");
      else this.move(key === "ArrowDown" ? 1 : -1);
    } else if (key === "Enter") {
      event.preventDefault();
      if (!this.open) this.expand("");
      else if (this.entries[this.active]) this.choose(this.entries[this.active]);
    } else if (key === "Escape" && this.open) {
      event.preventDefault();
      event.stopPropagation();
      this.collapse();
      this.show();
    } else if (key === "Backspace" && this.multiple && !this.input.value && this.chosen.length) this.drop(this.chosen.at(-1));
  }

  move(by) {
    const count = this.entries.length;
    if (count) this.active = this.active < 0 ? (by > 0 ? 0 : count - 1) : (this.active + by + count) % count;
    this.mark();
  }

  has(key) {
    return this.chosen.some((entry) => entry.key === key);
  }

  choose(entry) {
    this.collapse();
    if (this.multiple && this.chosen.length >= this.most) {
      this.show();
      announce(`At most ${this.most} can be chosen.`);
      return;
    }
    this.put(this.multiple ? [...this.chosen, entry] : [entry]);
  }

  drop(entry) {
    this.put(this.chosen.filter((one) => one !== entry));
    this.input.focus();
  }

  put(chosen) {
    const same = chosen.length === this.chosen.length && chosen.every(({ key }) => this.has(key));
    this.chosen = chosen;
    this.show();
    if (!same) this.changed(chosen, (before) => { this.chosen = before; this.show(); });
  }

  collapse() {
    this.asked += 1;
    if (!this.open) return;
    this.open = false;
    document.removeEventListener("scroll", this.follow, true);
    this.list.hidePopover();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** What was typed and not chosen goes; an emptied field means no choice. */
  leave() {
    this.collapse();
    if (!this.multiple && !this.input.value && this.chosen.length) this.put([]);
    else this.show();
  }
}
