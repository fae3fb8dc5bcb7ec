/* The list of channels, direct messages and the app. */

import { oneTabStop, roving } from "./a11y.js";
import { byId, el } from "./dom.js";
import { openMenu } from "./menu.js";

export class Channels {
  constructor(app) {
    this.app = app;
    this.root = byId("channels");
    for (const topic of ["channels", "state", "bot"]) app.store.on(topic, () => this.draw());
    roving(this.root, () => this.links());
  }

  links() {
    return [...this.root.querySelectorAll("a, button")];
  }

  draw() {
    const { store } = this.app;
    if (!store.loaded) return;
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const all = [...store.channels.values()].sort((one, other) => this.name(one).localeCompare(this.name(other), "en", { numeric: true }));
    const rooms = all.filter(({ kind, archived }) => kind !== "im" && !archived);
    this.root.replaceChildren(...[
      this.group("Channels", rooms.filter(({ member }) => member)),
      this.group("Other channels", rooms.filter(({ member }) => !member)),
      this.group("Direct messages", all.filter(({ kind, with: other }) => kind === "im" && other !== store.bot?.user_id && other !== store.me), this.newMessage()),
      this.group("Apps", [], this.appEntry(all)),
    ].filter(Boolean));
    const links = this.links();
    oneTabStop(links, links.find((link) => link.dataset.key === focused) ?? this.root.querySelector("[aria-current]") ?? links[0]);
    if (focused) links.find((link) => link.dataset.key === focused)?.focus({ preventScroll: true });
    this.app.title();
  }

  name(channel) {
    return this.app.names.channelName(channel.id) ?? "";
  }

  group(heading, channels, last = null) {
    if (!channels.length && !last) return null;
    const id = `group-${heading.toLowerCase().replace(" ", "-")}`;
    return el("section", { "aria-labelledby": id }, el("h2", { id }, heading),
      el("ul", {}, channels.map((channel) => el("li", {}, this.entry(channel))), last && el("li", {}, last)));
  }

  entry(channel) {
    const name = this.name(channel);
    const sign = { public: "#", private: "🔒", im: "●" }[channel.kind];
    const unread = this.app.isAt(channel.id) && !document.hidden ? 0 : channel.unread; // what is shown is about to be read
    return this.link(channel.id, sign, name, unread, channel.kind === "private" ? "private" : "");
  }

  link(id, sign, name, unread, remark = "") {
    return el("a", { href: `#${id}`, "data-key": id, class: unread ? "unread" : "", "aria-current": this.app.isAt(id) ? "page" : null },
      el("span", { class: "sign", "aria-hidden": "true" }, sign), el("span", { class: "name" }, name),
      remark && el("span", { class: "hidden" }, ` (${remark})`),
      unread ? el("span", { class: "count" }, String(unread), el("span", { class: "hidden" }, " unread")) : null);
  }

  /** The app: its home, and what it said to this person alone. */
  appEntry(all) {
    const { bot } = this.app.store;
    if (!bot) return null;
    const talk = all.find(({ kind, with: other }) => kind === "im" && other === bot.user_id);
    const node = this.link("app", "◆", bot.name, talk?.unread ?? 0, bot.connected ? "" : "not running");
    if (talk && this.app.isAt(talk.id)) node.setAttribute("aria-current", "page");
    return node;
  }

  newMessage() {
    return el("button", { type: "button", class: "plain", "data-key": "new", "aria-haspopup": "menu", "aria-expanded": "false", on: {
      click: (event) => openMenu(event.currentTarget, "New direct message", this.people()),
    } }, el("span", { class: "sign", "aria-hidden": "true" }, "+"), "New message");
  }

  people() {
    const { store } = this.app;
    return [...store.people.values()].filter(({ id, deleted, is_bot: bot }) => id !== store.me && !deleted && !bot).map((person) => ({
      label: person.real_name || person.name, note: person.title, run: () => this.write(person.id),
    }));
  }

  async write(user) {
    const answer = await this.app.api.post("/ui/dm", { user });
    if (!answer.ok) {
      this.app.notice(answer.text ?? answer.error);
      return;
    }
    this.app.store.apply({ type: "channel", channel: answer.channel });
    this.app.go(answer.channel.id);
  }
}
