/* The modal: the uppermost view of the person's stack. Lower ones keep what was typed in them. */

import { announce, focusable, keepFocus, restFocus } from "./a11y.js";
import { renderBlocks } from "./blocks/render.js";
import { Surface, Values } from "./blocks/surface.js";
import { byId, el } from "./dom.js";
import { plain } from "./mrkdwn.js";

export class Modal {
  constructor(app) {
    this.app = app;
    this.dialog = byId("modal");
    this.kept = new Map();
    this.shown = null;
    this.app.store.on("views", () => this.update());
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.close(false);
    });
    this.dialog.addEventListener("cancel", (event) => { event.preventDefault(); this.close(false); });
  }

  update() {
    const { views } = this.app.store;
    for (const id of this.kept.keys()) if (!views.some((view) => view.id === id)) this.kept.delete(id);
    const top = views.at(-1);
    if (!top) this.hide();
    else if (top.id !== this.shown?.id || top.hash !== this.shown.hash) this.show(top);
  }

  hide() {
    this.shown = null;
    if (!this.dialog.open) return;
    this.dialog.close();
    this.dialog.replaceChildren();
    const { opener } = this;
    if (opener?.isConnected && opener !== document.body) opener.focus({ preventScroll: true });
    else restFocus();
  }

  show(view) {
    const same = view.id === this.shown?.id;
    this.shown = view;
    const surface = this.surfaceOf(view);
    surface.values.keepOnly(view.blocks);
    surface.errors.clear();
    if (!this.dialog.open) this.opener = document.activeElement;
    this.draw(same);
    if (!this.dialog.open) this.dialog.showModal();
    if (!same) this.enter();
  }

  surfaceOf(view) {
    const { names, openUrl } = this.app;
    if (!this.kept.has(view.id)) {
      const surface = new Surface({ names, openUrl, values: new Values(view.state?.values), ...this.app.sender({ type: "view", view_id: view.id }, (text) => this.refuse(text)) });
      this.kept.set(view.id, surface);
    }
    return this.kept.get(view.id);
  }

  draw(same) {
    const { dialog, shown: view } = this;
    const restore = same ? keepFocus(dialog, () => byId("modal-title")) : () => {};
    const scrolled = same ? dialog.querySelector(".view")?.scrollTop : 0;
    const body = el("div", { class: "view" }, this.alert = el("p", { class: "refused", role: "alert" }), renderBlocks(view.blocks, this.surfaceOf(view)));
    dialog.replaceChildren(el("form", { novalidate: true, on: {
      submit: (event) => { event.preventDefault(); this.submit(); },
      keydown: (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && view.submit) { event.preventDefault(); this.submit(); }
      },
    } }, this.head(view), body, this.foot(view)));
    body.scrollTop = scrolled ?? 0;
    restore();
  }

  head(view) {
    return el("header", {}, el("h2", { id: "modal-title", tabindex: "-1" }, plain(view.title)),
      el("button", { type: "button", class: "plain", "aria-label": "Close", on: { click: () => this.close(true) } }, "✕"));
  }

  foot(view) {
    this.submitButton = view.submit && el("button", { type: "submit", class: "button primary", "data-key": "submit" }, plain(view.submit));
    return el("footer", {},
      el("button", { type: "button", class: "button", "data-key": "close", on: { click: () => this.close(false) } }, plain(view.close) || (view.submit ? "Cancel" : "Close")),
      this.submitButton);
  }

  /** The focus goes to the first field, or to the title where there is none. */
  enter() {
    const fields = [...this.dialog.querySelectorAll(".view .block-input")];
    const wanted = this.dialog.querySelector("[data-autofocus]") ?? (fields.length ? focusable(fields[0].querySelector(".label").nextElementSibling) : null);
    (wanted ?? byId("modal-title")).focus();
  }

  async submit() {
    const { shown: view, submitButton: button } = this;
    if (!view.submit || button.getAttribute("aria-disabled")) return;
    this.refuse("");
    this.busy(button, true);
    const answer = await this.app.api.post("/ui/submit", { view_id: view.id, values: this.surfaceOf(view).values });
    this.busy(button, false);
    if (this.shown?.id !== view.id || answer.ok) return;
    if (answer.errors) this.point(new Map(Object.entries(answer.errors)));
    else this.refuse(answer.text ?? answer.error);
  }

  busy(button, busy) {
    if (busy) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
    button.classList.toggle("busy", busy);
    if (busy) announce("Sending");
  }

  /** Shows what is wrong at the fields and goes to the first. */
  point(wrong) {
    this.surfaceOf(this.shown).errors = wrong;
    this.draw(true);
    const first = [...this.dialog.querySelectorAll(".view [data-block]")].find((block) => wrong.has(block.dataset.block));
    if (!first) {
      this.refuse([...wrong.values()].join(" "));
      return;
    }
    focusable(first.querySelector(".label").nextElementSibling)?.focus();
    announce([...wrong.values()][0]);
  }

  refuse(text) {
    if (this.alert) this.alert.textContent = text;
  }

  async close(all) {
    const { shown: view } = this;
    if (!view) return;
    const answer = await this.app.api.post("/ui/close", { view_id: view.id, ...(all && { all }) });
    if (!answer.ok) this.refuse(answer.text ?? answer.error);
  }
}
