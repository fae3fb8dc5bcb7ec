/* Lines above the composer: what failed, and whether the workspace and the app answer. They stay until they are read. */

import { restFocus } from "./a11y.js";
import { byId, el } from "./dom.js";

const MOST = 3;

export class Notices {
  constructor(store) {
    this.store = store;
    this.root = byId("notices");
    this.standing = byId("standing");
    store.on("notice", (text) => this.show(text));
    for (const topic of ["bot", "online", "state"]) store.on(topic, () => this.stand());
  }

  show(text) {
    const again = [...this.root.children].find((node) => node.dataset.text === text);
    again?.remove();
    const note = el("p", { "data-text": text }, el("span", {}, text),
      el("button", { type: "button", class: "plain", "aria-label": "Dismiss", on: { click: () => { note.remove(); restFocus(); } } }, "✕"));
    this.root.append(note);
    while (this.root.children.length > MOST) this.root.firstElementChild.remove();
  }

  clear() {
    this.root.replaceChildren();
  }

  stand() {
    const { online, bot, loaded } = this.store;
    const text = !online ? "The connection to the workspace is lost. It is tried again by itself."
      : loaded && !bot?.connected ? `${bot?.name ?? "The app"} isn't running. Messages stay; commands and buttons get no answer.` : "";
    if (this.standing.textContent !== text) this.standing.textContent = text;
  }
}
