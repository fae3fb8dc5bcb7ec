/* What a person can do with a message: react, pin, reply, copy its link, run one of the app's shortcuts. */

import { REACTIONS, glyph } from "./emoji.js";
import { openMenu } from "./menu.js";

export function messageActions(app, message) {
  const place = { channel: message.channel ?? app.messages.channel, ts: message.ts };
  const react = (name, remove) => app.ask("/ui/react", { ...place, name, ...(remove && { remove }) });
  return {
    react,
    openReactions: (button) => openMenu(button, "Add a reaction", reactions(app, message, react), { row: true }),
    openActions: (button) => openMenu(button, "More actions", entries(app, message, place)),
  };
}

function reactions(app, message, react) {
  const own = new Set((message.reactions ?? []).filter(({ users }) => users.includes(app.store.me)).map(({ name }) => name));
  return REACTIONS.map((name) => ({ label: glyph(name), name: name.replaceAll("_", " "), run: () => react(name, own.has(name)) }));
}

function entries(app, message, place) {
  const shortcuts = app.store.shortcuts.filter(({ type }) => type === "message").map(({ callback_id: id, name }) => ({
    label: name, note: app.store.bot?.name, run: () => app.ask("/ui/shortcut", { callback_id: id, ...place }),
  }));
  return [
    ...shortcuts,
    { label: "Reply", run: () => app.composer.replyTo(message) },
    { label: message.pinned ? "Unpin from this channel" : "Pin to this channel", run: () => app.ask("/ui/pin", { ...place, ...(message.pinned && { remove: true }) }) },
    { label: "Copy link", run: () => copy(app, place) },
  ];
}

async function copy(app, { channel, ts }) {
  const address = `${location.origin}/archives/${channel}/p${ts.replace(".", "")}`;
  try {
    await navigator.clipboard.writeText(address);
    app.notice("The link is copied.");
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    app.notice(address);
  }
}
