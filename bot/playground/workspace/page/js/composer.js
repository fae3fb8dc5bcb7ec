/* Where messages and commands are typed. */

import { byId, el } from "./dom.js";
import { author } from "./message.js";
import { openMenu } from "./menu.js";
import { Suggestions } from "./suggestions.js";

export class Composer {
  constructor(app) {
    this.app = app;
    this.form = byId("composer");
    this.text = byId("text");
    this.reply = null;
    this.drafts = new Map();
    this.sent = [];
    this.channel = null;
    this.suggestions = new Suggestions(this.text, app.store);
    this.listen();
  }

  listen() {
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.text.addEventListener("input", () => { this.grow(); this.suggestions.refresh(); });
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("blur", () => this.suggestions.close());
    byId("shortcuts").addEventListener("click", (event) => this.openShortcuts(event.currentTarget));
  }

  /** The composer of another channel, with what was typed there. */
  show(channel) {
    if (channel?.id !== this.channel) {
      this.drafts.set(this.channel, this.text.value);
      this.channel = channel?.id;
      this.put(this.drafts.get(this.channel) ?? "");
      this.replyTo(null);
    }
    const words = channel ? this.words(channel) : "";
    this.text.placeholder = words;
    this.text.setAttribute("aria-label", words);
  }

  words(channel) {
    const name = this.app.names.channelName(channel.id);
    return channel.kind === "im" ? `Message ${name}` : `Message #${name}`;
  }

  put(text) {
    this.text.value = text;
    this.grow();
    this.suggestions.close();
    this.suggestions.hint.textContent = "";
  }

  /** As high as its text, up to a third of the window. */
  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, innerHeight / 3)}px`;
  }

  key(event) {
    if (event.isComposing || this.suggestions.takes(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && !this.text.value && this.sent.length) {
      event.preventDefault();
      this.put(this.sent.at(-1));
    } else if (event.key === "Escape" && this.reply) this.replyTo(null);
  }

  async send() {
    const text = this.text.value.trim();
    if (!text || !this.channel) return;
    const { channel, reply } = this;
    this.sent.push(text);
    this.put("");
    this.replyTo(null);
    this.app.messages.follow();
    const command = /^\/[a-z0-9_-]+(\s|$)/i.test(text);
    const answer = command
      ? await this.app.api.post("/ui/command", { channel, text })
      : await this.app.api.post("/ui/say", { channel, text, ...(reply && { thread_ts: reply }) });
    if (answer.ok) return;
    this.app.notice(answer.text ?? answer.error);
    if (channel === this.channel && !this.text.value) this.put(text);
  }

  /** What is typed next answers this message; null: no longer. */
  replyTo(message) {
    this.reply = message ? message.thread_ts ?? message.ts : null;
    byId("replying").replaceChildren(...(message ? [
      el("span", {}, `Replying to ${author(message, this.app.names)}`),
      el("button", { type: "button", class: "plain", "aria-label": "Do not reply", on: { click: () => this.replyTo(null) } }, "✕"),
    ] : []));
    if (message) this.text.focus();
  }

  openShortcuts(button) {
    const { store } = this.app;
    const global = store.shortcuts.filter(({ type }) => type === "global").map(({ callback_id: id, name }) => ({
      label: name, note: store.bot?.name, run: () => this.app.ask("/ui/shortcut", { callback_id: id, channel: this.channel }),
    }));
    const commands = store.commands.map(({ command, description }) => ({
      label: command, note: description, run: () => { this.put(`${command} `); this.text.focus(); this.suggestions.refresh(); },
    }));
    openMenu(button, "Shortcuts and commands", [...global, ...commands]);
  }
}
