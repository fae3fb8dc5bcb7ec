/* Addresses of places: #C0OPS, #C0OPS/1763820000.000100, #app, and the permalinks of messages. */

const PERMALINK = /^\/archives\/(?<channel>[A-Z0-9]+)(?:\/p(?<ts>\d{7,}))?$/;

/** The {id, ts} that the page's address names, or the first channel that this person is in. */
export function placeOf({ hash, pathname }, store) {
  const [id, ts = null] = (hash.slice(1) || ofPath(pathname) || "").split("/");
  if (id === "app" || store.channels.has(id)) return { id, ts };
  const rooms = [...store.channels.values()].filter(({ kind, archived }) => kind !== "im" && !archived);
  return { id: (rooms.find(({ member }) => member) ?? rooms[0])?.id ?? "app", ts: null };
}

/** Where in this page a link leads, as for the address's hash; null: elsewhere. */
export function placeOfLink(address, store) {
  let url;
  try {
    url = new URL(address, location.href);
  } catch {
    return null;
  }
  const here = url.origin === location.origin || url.hostname === `${store.team?.domain}.slack.com`;
  return here ? ofPath(url.pathname) : null;
}

function ofPath(path) {
  const found = PERMALINK.exec(path)?.groups;
  if (!found) return null;
  return found.ts ? `${found.channel}/${found.ts.slice(0, -6)}.${found.ts.slice(-6)}` : found.channel;
}
