/* What the page knows: the workspace as one person sees it. Whoever shows a part of it listens to its topic. */

const keyed = (items) => new Map(items.map((item) => [item.id, item]));

export class Store {
  constructor() {
    this.listeners = new Map();
    this.online = true;
    this.clear();
  }

  clear() {
    Object.assign(this, {
      me: null, team: null, bot: null, people: new Map(), groups: new Map(), channels: new Map(), commands: [], shortcuts: [],
      views: [], home: null, panel: null, messages: new Map(), loaded: false,
    });
  }

  /** Topics: state, channels, messages, views, home, panel, bot, notice, online. */
  on(topic, listener) {
    this.listeners.set(topic, [...(this.listeners.get(topic) ?? []), listener]);
  }

  emit(topic, detail) {
    this.listeners.get(topic)?.forEach((listener) => listener(detail));
  }

  /** The whole state, as `/ui/state` tells it. */
  load({ team, me, bot, people, groups, channels, commands, shortcuts, views, home, panel }) {
    Object.assign(this, { team, me, bot, commands, shortcuts, views, home, panel, loaded: true });
    Object.assign(this, { people: keyed(people), groups: keyed(groups), channels: keyed(channels) });
    this.emit("state");
    for (const topic of ["channels", "views", "home", "panel", "bot"]) this.emit(topic);
  }

  setOnline(online) {
    this.online = online;
    this.emit("online");
  }

  setMessages(channel, messages) {
    this.messages.set(channel, messages);
    this.emit("messages", { channel, kind: "all" });
  }

  get myself() {
    return this.people.get(this.me);
  }

  /** One frame of `/ui/live`. */
  apply(frame) {
    this[`frame_${frame.type}`]?.(frame);
  }

  frame_message({ channel, message }) {
    const known = this.messages.get(channel);
    if (!known) return;
    const at = known.findIndex(({ ts }) => ts === message.ts);
    if (at >= 0) known[at] = message;
    else known.splice(known.findLastIndex(({ ts }) => ts < message.ts) + 1, 0, message);
    this.emit("messages", { channel, kind: at >= 0 ? "changed" : "new", message });
  }

  frame_message_changed({ channel, message }) {
    const known = this.messages.get(channel);
    const at = known?.findIndex(({ ts }) => ts === message.ts) ?? -1;
    if (at < 0) return;
    known[at] = message;
    this.emit("messages", { channel, kind: "changed", message });
  }

  frame_message_deleted({ channel, ts }) {
    const known = this.messages.get(channel);
    if (!known) return;
    this.messages.set(channel, known.filter((message) => message.ts !== ts));
    this.emit("messages", { channel, kind: "deleted", ts });
  }

  frame_channel({ channel }) {
    this.channels.set(channel.id, channel);
    this.emit("channels");
  }

  frame_channel_gone({ channel }) {
    this.channels.delete(channel);
    this.messages.delete(channel);
    this.emit("channels");
  }

  frame_views({ views }) {
    this.views = views;
    this.emit("views");
  }

  frame_home({ home }) {
    this.home = home;
    this.emit("home");
  }

  frame_panel({ panel }) {
    this.panel = panel;
    this.emit("panel");
  }

  frame_bot({ bot }) {
    this.bot = bot;
    this.emit("bot");
  }

  frame_notice({ text }) {
    this.emit("notice", text);
  }
}
