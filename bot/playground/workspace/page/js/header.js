/* The head of the channel that is shown: name, topic, members, pins, bookmarks. */

import { byId, el, link } from "./dom.js";
import { openMenu } from "./menu.js";
import { mrkdwn, spoken } from "./mrkdwn.js";

export class Header {
  constructor(app) {
    this.app = app;
    byId("members").addEventListener("click", (event) => openMenu(event.currentTarget, "Members", this.members()));
    byId("pins").addEventListener("click", (event) => openMenu(event.currentTarget, "Pinned messages", this.pins()));
    byId("leave").addEventListener("click", () => this.app.ask("/ui/leave", { channel: this.channel.id }));
    byId("join").addEventListener("click", () => this.app.ask("/ui/join", { channel: this.channel.id }));
  }

  /** `channel`: what is shown, or null for the app's home. */
  show(channel) {
    const { names, store } = this.app;
    this.channel = channel;
    const room = channel && channel.kind !== "im";
    byId("title").textContent = channel ? `${{ public: "#", private: "🔒", im: "" }[channel.kind]}${names.channelName(channel.id)}` : store.bot?.name ?? "";
    byId("topic").replaceChildren(...(channel?.topic ? mrkdwn(channel.topic, names) : []));
    byId("topic").title = spoken(channel?.topic ?? "");
    this.button("members", room && channel.members.length, (count) => [`${count} ${count === 1 ? "member" : "members"}`]);
    this.button("pins", channel?.pins?.length, (count) => [`📌 ${count}`, el("span", { class: "words" }, " pinned")]);
    byId("leave").hidden = !(room && channel.member && channel.kind === "private" && !channel.archived);
    this.bookmarks(channel?.bookmarks ?? []);
    const deaf = channel?.with === store.bot?.user_id && !store.bot?.takes_messages;
    byId("composer").hidden = !channel || channel.archived || deaf || (room && !channel.member);
    byId("read-only").hidden = !(channel && deaf);
    byId("outside").hidden = !(room && !channel.archived && !channel.member);
    byId("archived").hidden = !channel?.archived;
  }

  button(id, count, words) {
    byId(id).hidden = !count;
    byId(id).replaceChildren(...(count ? words(count) : []));
  }

  bookmarks(bookmarks) {
    const list = byId("bookmarks");
    list.hidden = !bookmarks.length;
    list.replaceChildren(...bookmarks.map(({ title, link: address }) => el("li", {}, link(address, title))));
  }

  members() {
    const { app } = this;
    return this.channel.members.map((id) => {
      const { label, note } = app.names.described(id);
      return { label, note, run: () => app.store.people.get(id)?.is_bot || id === app.store.me || app.channels.write(id) };
    });
  }

  pins() {
    const { app, channel } = this;
    const known = app.store.messages.get(channel.id) ?? [];
    return channel.pins.map((ts) => {
      const message = known.find((one) => one.ts === ts);
      return { label: message ? spoken(message.text || "").slice(0, 80) || "A message" : "A message", run: () => app.messages.point(ts) };
    });
  }
}
