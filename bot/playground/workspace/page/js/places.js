/* Addresses of places: #C0OPS, #C0OPS/1763820000.000100, #app, and permalinks: /archives/C0OPS/p1763820000000100. */

const PERMALINK = /^\/archives\/(?<channel>[A-Z0-9]+)(?:\/p(?<ts>\d{7,}))?$/;

/** The {id, ts} that a hash names; where it names none that this person sees, the `last` place or the first channel that they are in. */
export function placeOf(hash, store, last) {
  const [id, ts = null] = hash.slice(1).split("/");
  const seen = (place) => place === "app" || store.channels.has(place);
  if (seen(id)) return { id, ts };
  if (seen(last.id)) return last;
  const rooms = [...store.channels.values()].filter(({ kind, archived }) => kind !== "im" && !archived);
  return { id: (rooms.find(({ member }) => member) ?? rooms[0])?.id ?? "app", ts: null };
}

/** The hash that names a place. */
export const hashOf = ({ id, ts }) => (ts ? `#${id}/${ts}` : `#${id}`);

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

/** The place that a permalink's path names, as in the hash; null: it is none. */
export function ofPath(path) {
  const found = PERMALINK.exec(path)?.groups;
  if (!found) return null;
  return found.ts ? `${found.channel}/${found.ts.slice(0, -6)}.${found.ts.slice(-6)}` : found.channel;
}
