/* The messages of the channel that is shown. Edits change a message where it stands; nothing else moves. */

import { announce, keepFocus, oneTabStop, restFocus } from "./a11y.js";
import { Surface } from "./blocks/surface.js";
import { dayName, dayOf } from "./dates.js";
import { byId, el, settled } from "./dom.js";
import { isNotice, messageContent, summary } from "./message.js";
import { messageActions } from "./message_actions.js";
import { inThreads } from "./threads.js";

const TOGETHER = 300; // seconds within which a person's next message needs no new byline
const NEAR = 40; // pixels from the end that count as being at the end

const isReply = ({ ts, thread_ts: root }) => Boolean(root && root !== ts);

const together = (before, message) =>
  before.user === message.user && before.username === message.username && message.ts - before.ts < TOGETHER && isReply(before) === isReply(message)
  && ![before, message].some((one) => one.is_ephemeral || one.blocks || isNotice(one));

export class Messages {
  constructor(app) {
    this.app = app;
    this.channel = null;
    this.items = new Map();
    this.atEnd = true;
    this.scroller = byId("scroller");
    this.feed = byId("feed");
    this.newer = byId("newer");
    this.markRead = settled(() => this.read(), 200);
    this.listen();
  }

  listen() {
    this.app.store.on("messages", (change) => change.channel === this.channel && this.changed(change));
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    const keepEnd = new ResizeObserver(() => this.atEnd && this.toEnd());
    keepEnd.observe(this.feed);
    keepEnd.observe(this.scroller);
    this.newer.addEventListener("click", () => { this.toEnd(); restFocus(); });
    this.feed.addEventListener("focusin", (event) => this.current(event.target.closest("article")));
    this.feed.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("visibilitychange", () => this.markRead());
  }

  /** Shows a channel from its end, or a message of it. */
  async show(channel, ts = null) {
    if (this.channel !== channel) {
      this.channel = channel;
      this.items.clear();
      this.feed.replaceChildren();
      this.atEnd = true;
      this.newer.hidden = true;
    }
    await this.fetch();
    if (ts && this.channel === channel) this.point(ts);
  }

  async fetch() {
    const { channel, app } = this;
    if (!channel) return;
    this.feed.setAttribute("aria-busy", "true");
    const answer = await app.api.get("/ui/messages", { channel });
    if (channel !== this.channel) return;
    this.feed.removeAttribute("aria-busy");
    if (answer.ok) app.store.setMessages(channel, answer.messages);
    else app.notice(answer.text ?? answer.error);
    this.markRead();
  }

  changed({ kind, message }) {
    if (kind === "new") this.heard(message);
    this.draw();
    if (kind === "new") this.markRead();
  }

  heard(message) {
    const own = message.user === this.app.store.me && !message.is_ephemeral;
    if (own) this.atEnd = true;
    else announce(summary(message, this.app.names));
    if (!this.atEnd) this.newer.hidden = false;
  }

  draw() {
    const messages = inThreads(this.app.store.messages.get(this.channel) ?? []);
    const present = new Set(messages.map(({ ts }) => ts));
    for (const [ts, { article }] of this.items) {
      if (present.has(ts)) continue;
      const focused = article.contains(document.activeElement);
      article.remove();
      if (focused) restFocus();
      this.items.delete(ts);
    }
    messages.forEach((message, at) => this.place(message, messages[at - 1], this.feed.children[at]));
    if (this.feed.children.length && !this.feed.querySelector("article[tabindex='0']")) this.current(this.feed.lastElementChild);
    if (this.atEnd) this.toEnd();
  }

  /** Draws one message after `before`; the node that stands at its place is `there`. */
  place(message, before, there) {
    const item = this.items.get(message.ts) ?? this.made(message);
    if (item.message !== message) this.fill(item, message);
    if (item.article !== there) this.feed.insertBefore(item.article, there ?? null);
    const newDay = !before || dayOf(before.ts) !== dayOf(message.ts);
    item.article.classList.toggle("follows", !newDay && together(before, message));
    item.article.classList.toggle("reply", isReply(message));
    item.day.hidden = !newDay;
  }

  made(message) {
    const { app, channel } = this;
    const day = el("p", { class: "day" }, el("span", {}, dayName(message.ts)));
    const content = el("div", { class: "content" });
    const article = el("article", { class: "message", tabindex: "-1", "data-ts": message.ts }, day, content);
    const container = { type: "message", channel, ts: message.ts };
    const surface = new Surface({ names: app.names, openUrl: app.openUrl, ...app.sender(container) });
    const item = { message: null, article, content, day, surface };
    this.items.set(message.ts, item);
    return item;
  }

  fill(item, message) {
    const { names, store } = this.app;
    const restore = keepFocus(item.article, () => item.article);
    item.message = message;
    item.surface.values.keepOnly([message, ...(message.attachments ?? [])].flatMap(({ blocks }) => blocks ?? []));
    const act = messageActions(this.app, message);
    item.content.replaceChildren(...messageContent(message, { names, store, surface: item.surface, act }).filter(Boolean));
    item.article.setAttribute("aria-label", summary(message, names));
    item.article.classList.toggle("ephemeral", Boolean(message.is_ephemeral));
    item.article.classList.toggle("notice", isNotice(message));
    if (item.article.tabIndex === 0) this.current(item.article);
    restore();
  }

  /** The one message that Tab stops at; its toolbar can be reached. */
  current(article) {
    if (!article) return;
    oneTabStop([...this.feed.children], article);
    for (const button of this.feed.querySelectorAll(".toolbar button")) button.tabIndex = article.contains(button) ? 0 : -1;
  }

  key(event) {
    if (event.target.parentElement !== this.feed) return;
    const all = [...this.feed.children];
    const at = all.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    all[to].focus();
    all[to].scrollIntoView({ block: "nearest" });
  }

  point(ts) {
    const article = this.items.get(ts)?.article;
    if (!article) {
      this.app.notice("That message is not here any more, or it is older than the newest 200.");
      return;
    }
    this.atEnd = false;
    article.scrollIntoView({ block: "center" });
    article.focus({ preventScroll: true });
    article.classList.add("pointed");
    setTimeout(() => article.classList.remove("pointed"), 2500);
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.atEnd) {
      this.newer.hidden = true;
      this.markRead();
    }
  }

  /** From the end on, wherever one has read: whoever writes wants to see what comes of it. */
  follow() {
    this.atEnd = true;
    this.toEnd();
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.newer.hidden = true;
  }

  read() {
    const unread = this.app.store.channels.get(this.channel)?.unread;
    if (unread && this.atEnd && !document.hidden && !this.scroller.closest("[hidden]")) this.app.api.post("/ui/read", { channel: this.channel });
  }
}
