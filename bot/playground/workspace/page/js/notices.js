/* Lines above the composer: what failed, and whether the workspace and the app answer. They stay until they are read. */

import { restFocus } from "./a11y.js";
import { byId, el } from "./dom.js";

const MOST = 3;
const LOST = "The connection to the workspace is lost. It is tried again by itself.";
const ENDED = "If the demo was ended, start it again with make demo: it prints a new address.";
const LONG = 20_000; // milliseconds without the workspace after which it may have been ended

export class Notices {
  constructor(store) {
    this.store = store;
    this.root = byId("notices");
    this.standing = byId("standing");
    this.lostAt = null;
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
    this.lostAt = online ? null : this.lostAt ?? Date.now();
    const text = !online ? this.lost()
      : loaded && !bot?.connected ? `${bot?.name ?? "The app"} isn't running. Messages stay; commands and buttons get no answer.` : "";
    if (this.standing.textContent !== text) this.standing.textContent = text;
  }

  /** Each failed try asks anew. */
  lost() {
    return Date.now() - this.lostAt < LONG ? LOST : `${LOST} ${ENDED}`;
  }
}
