/* The demo's panel: what runs, how it does, and what can be broken. Drawn as the server lists it. */

import { announce } from "./a11y.js";
import { confirmed } from "./blocks/confirm.js";
import { byId, el } from "./dom.js";

const STATES = { ok: "working", done: "done", failing: "failing", changing: "changing", quiet: "idle" };

export class Panel {
  constructor(app) {
    this.app = app;
    this.items = new Map();
    app.store.on("panel", () => this.draw());
  }

  draw() {
    const items = this.app.store.panel;
    byId("panel").hidden = byId("open-panel").hidden = !items;
    document.body.classList.toggle("with-panel", Boolean(items));
    const list = byId("panel-items");
    const ids = new Set(items?.map(({ id }) => id));
    for (const [id, { node }] of this.items) if (!ids.has(id)) { node.remove(); this.items.delete(id); }
    (items ?? []).forEach((item, at) => {
      const card = this.items.get(item.id) ?? this.made(item.id);
      if (list.children[at] !== card.node) list.insertBefore(card.node, list.children[at] ?? null);
      this.fill(card, item);
    });
  }

  made(id) {
    const card = { node: el("li", { class: "card" }), title: el("h3", { tabindex: "-1" }), state: el("span", { class: "state" }), text: el("p", { class: "text" }), buttons: el("div", { class: "buttons" }), was: null, actions: "" };
    card.node.append(el("div", { class: "head" }, card.title, card.state), card.text, card.buttons);
    this.items.set(id, card);
    return card;
  }

  /** Lines that tick every second change in place; a button stays the same node while it means the same. */
  fill(card, { id, title, text, state, actions }) {
    card.title.textContent = title;
    card.text.textContent = text;
    card.node.dataset.state = state;
    card.state.textContent = STATES[state] ?? state;
    if (card.was && card.was !== state) announce(`${title}: ${STATES[state] ?? state}`);
    card.was = state;
    const drawn = JSON.stringify(actions);
    if (drawn === card.actions) return;
    card.actions = drawn;
    const focused = card.buttons.contains(document.activeElement);
    card.buttons.replaceChildren(...(actions ?? []).map((action) => this.button(id, action)));
    if (focused) (card.buttons.querySelector("button:not([disabled]), a") ?? card.title).focus();
  }

  button(item, action) {
    if (/^https?:/.test(action.url ?? "")) return el("a", { class: "button", href: action.url, target: "_blank", rel: "noopener noreferrer" }, action.label);
    return el("button", { type: "button", class: `button ${action.style === "danger" ? "danger" : ""}`, disabled: action.disabled, on: { click: () => this.press(item, action) } }, action.label);
  }

  async press(item, action) {
    const ask = action.confirm && { title: { type: "plain_text", text: action.label }, text: { type: "plain_text", text: action.confirm }, confirm: { type: "plain_text", text: action.label }, style: action.style };
    if (ask && !(await confirmed(ask, this.app.names))) return;
    await this.app.ask("/ui/panel", { item, action: action.id });
  }
}
