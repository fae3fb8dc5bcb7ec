/* On narrow windows the channel list and the panel are drawers over the messages. */

import { byId } from "./dom.js";

export class Drawer {
  /** `narrow`: the media query under which `id` is a drawer that `opener` opens. */
  constructor(id, opener, narrow) {
    this.root = byId(id);
    this.opener = byId(opener);
    this.query = matchMedia(narrow);
    this.isOpen = false;
    this.opener.addEventListener("click", () => this.open());
    byId("backdrop").addEventListener("click", () => this.close());
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.isOpen && this.close());
    this.root.querySelector(".close")?.addEventListener("click", () => this.close());
    this.query.addEventListener("change", () => this.settle(false));
    this.settle(false);
  }

  open() {
    if (!this.query.matches) return;
    this.settle(true);
    (this.root.querySelector("[aria-current]") ?? this.root.querySelector("button, a")).focus();
  }

  close(refocus = true) {
    if (!this.isOpen) return;
    this.settle(false);
    if (refocus) this.opener.focus();
  }

  settle(open) {
    this.isOpen = open;
    this.root.classList.toggle("open", open);
    this.root.inert = this.query.matches && !open;
    byId("main").inert = open;
    byId("backdrop").hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
  }
}
