/* Who acts in this tab: every tab may be somebody else. */

import { byId, el } from "./dom.js";
import { coloured, initials } from "./message.js";
import { openMenu } from "./menu.js";

export class People {
  constructor(app) {
    this.app = app;
    this.button = byId("person");
    app.store.on("state", () => this.draw());
    this.button.addEventListener("click", () => openMenu(this.button, "Act as", this.entries()));
  }

  draw() {
    const { myself, team } = this.app.store;
    const name = myself?.real_name || myself?.name || "";
    this.button.replaceChildren(coloured(el("span", { class: "avatar", "aria-hidden": "true" }, initials(name)), myself),
      el("span", { class: "who" }, el("span", { class: "hidden" }, "You act as "), el("strong", {}, name), el("span", { class: "note" }, myself?.title || team?.name || "")),
      el("span", { class: "down", "aria-hidden": "true" }, "▾"));
  }

  entries() {
    const { store } = this.app;
    return [...store.people.values()].filter(({ is_bot: bot }) => !bot).map((person) => ({
      label: person.real_name || person.name,
      note: [person.title, remark(person)].filter(Boolean).join(" · "),
      checked: person.id === store.me,
      disabled: !person.can_act,
      href: person.can_act ? `?as=${encodeURIComponent(person.id)}${location.hash}` : null,
      run: () => this.app.actAs(person.id),
    }));
  }
}

function remark(person) {
  if (person.deleted) return "deactivated";
  if (person.stranger) return "another company";
  return person.guest ? "guest" : "";
}
