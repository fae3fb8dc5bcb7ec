/* The app's home: what the bot published for this person, beside the messages between the two. */

import { keepFocus, oneTabStop, roving } from "./a11y.js";
import { renderBlocks } from "./blocks/render.js";
import { Surface } from "./blocks/surface.js";
import { byId, el } from "./dom.js";

export class Home {
  constructor(app) {
    this.app = app;
    this.root = byId("home");
    this.tabs = byId("tabs");
    this.surface = null;
    app.store.on("home", () => this.draw());
    roving(this.tabs, () => [...this.tabs.children], { next: "ArrowRight", previous: "ArrowLeft" });
    byId("tab-home").addEventListener("click", () => app.go("app"));
    byId("tab-messages").addEventListener("click", () => this.messages());
  }

  /** `tab`: "home", "messages", or null where another channel is shown. */
  show(tab) {
    this.tabs.hidden = !tab;
    this.root.hidden = tab !== "home";
    byId("log").hidden = tab === "home";
    for (const name of ["home", "messages"]) byId(`tab-${name}`).setAttribute("aria-selected", String(tab === name));
    oneTabStop([...this.tabs.children], byId(`tab-${tab ?? "home"}`));
    if (tab) this.open(tab);
  }

  async open(tab) {
    const { app } = this;
    const answer = await app.api.post("/ui/home", { tab });
    if (!answer.ok) {
      app.notice(answer.text ?? answer.error);
      return;
    }
    this.channel = answer.channel;
    if (tab === "home" && answer.home) app.store.apply({ type: "home", home: answer.home });
    else this.draw();
  }

  async messages() {
    if (!this.channel) await this.open("messages");
    if (this.channel) this.app.go(this.channel);
  }

  /** Another person acts: nothing of the one before stays. */
  clear() {
    this.surface = null;
    this.channel = null;
    this.root.replaceChildren();
  }

  draw() {
    const { home, bot } = this.app.store;
    if (!home) {
      this.root.replaceChildren(el("p", { class: "empty" }, `${bot?.name ?? "The app"} has nothing to show here yet.`));
      return;
    }
    const { names, openUrl } = this.app;
    if (this.surface?.view !== home.id) {
      this.surface = new Surface({ names, openUrl, ...this.app.sender({ type: "view", view_id: home.id }) });
      this.surface.view = home.id;
    }
    const restore = keepFocus(this.root, () => this.root);
    this.surface.values.keepOnly(home.blocks);
    this.root.replaceChildren(el("h2", { class: "hidden" }, "Home"), el("div", { class: "view" }, renderBlocks(home.blocks, this.surface)));
    restore();
  }
}
