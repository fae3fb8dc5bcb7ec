/* The names of people, channels and groups, as mentions and as choices. */

import { el } from "./dom.js";

export class Names {
  constructor(store) {
    this.store = store;
  }

  personName(id) {
    const person = this.store.people.get(id);
    return person?.real_name || person?.name || id;
  }

  channelName(id) {
    const channel = this.store.channels.get(id);
    if (!channel) return null;
    return channel.kind === "im" ? this.personName(channel.with) : channel.name;
  }

  person(id) {
    const own = id === this.store.me;
    return el("span", { class: own ? "mention own" : "mention" }, `@${this.personName(id.split("|")[0])}`);
  }

  channel(id, label) {
    const name = this.channelName(id);
    if (name) return el("a", { class: "mention", href: `#${id}` }, `#${name}`);
    return el("span", { class: "mention" }, label ? `#${label}` : "#private channel");
  }

  group(id) {
    const group = this.store.groups.get(id.split("|")[0]);
    return el("span", { class: group?.users.includes(this.store.me) ? "mention own" : "mention" }, `@${group?.handle ?? "group"}`);
  }

  /** {id, label, note} of a person or a channel. */
  described(id) {
    const person = this.store.people.get(id);
    if (person) return { id, label: person.real_name || person.name, note: [`@${person.name}`, person.title].filter(Boolean).join(" · ") };
    const channel = this.store.channels.get(id);
    if (!channel) return { id, label: id, note: "" };
    return channel.kind === "im" ? { id, label: this.personName(channel.with), note: "direct message" } : { id, label: `#${channel.name}`, note: channel.topic };
  }

  /** What a select of this kind offers: users, channels or conversations. */
  choices(kind, filter = {}) {
    if (kind === "users") return [...this.store.people.values()].filter((person) => !person.deleted).map(({ id }) => this.described(id));
    const kinds = kind === "channels" ? ["public"] : filter.include ?? ["public", "private", "im"];
    return [...this.store.channels.values()]
      .filter((channel) => kinds.includes(channel.kind) && !channel.archived)
      .filter((channel) => !filter.exclude_bot_users || !this.store.people.get(channel.with)?.is_bot)
      .map(({ id }) => this.described(id));
  }
}
