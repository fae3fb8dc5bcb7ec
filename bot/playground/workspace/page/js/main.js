/* Puts the page together: who acts, which place is shown, and what comes over the socket. */

import { Api } from "./api.js";
import { Channels } from "./channels.js";
import { Composer } from "./composer.js";
import { byId, safeUrl } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Header } from "./header.js";
import { Home } from "./home.js";
import { Live } from "./live.js";
import { Messages } from "./messages.js";
import { Modal } from "./modal.js";
import { Names } from "./names.js";
import { Notices } from "./notices.js";
import { Panel } from "./panel.js";
import { People } from "./people.js";
import { hashOf, ofPath, placeOf, placeOfLink } from "./places.js";
import { Store } from "./store.js";

class App {
  constructor() {
    this.store = new Store();
    this.names = new Names(this.store);
    this.openUrl = (address) => this.open(address);
    this.place = this.last = { id: null, ts: null };
    this.notices = new Notices(this.store);
    this.messages = new Messages(this);
    this.composer = new Composer(this);
    this.header = new Header(this);
    this.home = new Home(this);
    this.channels = new Channels(this);
    this.people = new People(this);
    this.modal = new Modal(this);
    this.panel = new Panel(this);
    this.drawers = [new Drawer("sidebar", "open-channels", "(max-width: 760px)"), new Drawer("panel", "open-panel", "(max-width: 1100px)")];
    this.store.on("channels", () => this.store.loaded && this.settle());
    addEventListener("hashchange", () => this.arrive());
    addEventListener("popstate", () => this.personOfAddress() !== this.api.me && this.start(this.personOfAddress()));
    document.addEventListener("click", (event) => this.clicked(event));
    byId("skip").addEventListener("click", (event) => { event.preventDefault(); byId("text").focus(); });
    this.start(this.personOfAddress());
  }

  personOfAddress() {
    return new URLSearchParams(location.search).get("as");
  }

  /** From here on this person acts in this tab. */
  start(me) {
    if (ofPath(location.pathname)) history.replaceState(null, "", `/${location.search}#${ofPath(location.pathname)}`);
    this.live?.close();
    this.place = { id: null, ts: null };
    this.store.clear();
    this.store.emit("views");
    this.home.clear();
    this.notices.clear();
    this.messages.channel = null;
    this.api = new Api(me);
    this.live = new Live(me, {
      refresh: () => this.refresh(), frame: (data) => this.store.apply(data), online: (yes) => this.store.setOnline(yes),
      nobody: () => this.asAnother(me),
    });
  }

  /** An old tab or bookmark names somebody who isn't here: whoever is first acts instead. */
  asAnother(me) {
    history.replaceState(null, "", `/${location.hash}`);
    this.start(null);
    this.notice(`Nobody can act as ${me} here. You act as somebody else now.`);
  }

  async refresh() {
    const { api } = this;
    const state = await api.get("/ui/state");
    if (api !== this.api) return;
    if (!state.ok) {
      this.notice(state.text ?? state.error);
      return;
    }
    api.me = state.me;
    const again = this.place.id;
    this.store.messages.clear();
    this.store.load(state);
    if (this.personOfAddress() !== state.me) history.replaceState(null, "", `?as=${state.me}${location.hash}`);
    if (again) await this.messages.fetch();
  }

  actAs(id) {
    history.pushState(null, "", `/?as=${encodeURIComponent(id)}${location.hash}`);
    this.start(id);
    byId("person").focus();
  }

  isAt(id) {
    return this.place.id === id;
  }

  /** Leads to a channel ("C0OPS") or the app's home ("app"). */
  go(id) {
    if (location.hash === `#${id}`) this.arrive();
    else location.hash = id;
  }

  arrive() {
    this.place = { id: null, ts: null };
    for (const drawer of this.drawers) drawer.close(false);
    this.notices.clear();
    this.settle();
  }

  /** Shows the place that the address names, or the first channel where it names none that this person sees. */
  settle() {
    const { store } = this;
    if (!store.loaded) return;
    const wanted = placeOf(location.hash, store, this.last);
    const channel = store.channels.get(wanted.id) ?? null;
    const moved = wanted.id !== this.place.id || wanted.ts !== this.place.ts;
    this.place = this.last = wanted;
    this.name(wanted);
    this.header.show(channel);
    this.composer.show(channel);
    if (!moved) return;
    this.home.show(wanted.id === "app" ? "home" : channel?.with === store.bot?.user_id && store.bot ? "messages" : null);
    if (channel) this.messages.show(channel.id, wanted.ts);
    this.channels.draw();
    this.title();
  }

  /** The address names what is shown, also where it named a place that this person does not see. */
  name(place) {
    const hash = hashOf(place);
    if (location.hash !== hash) history.replaceState(null, "", `${location.search}${hash}`);
  }

  title() {
    const { store, place, names } = this;
    const unread = [...store.channels.values()].filter(({ member, kind, id }) => (member || kind === "im") && id !== place.id).reduce((sum, { unread: count }) => sum + count, 0);
    const where = place.id === "app" ? store.bot?.name : names.channelName(place.id) ?? "";
    document.title = `${unread ? `(${unread}) ` : ""}${where} · ${names.personName(store.me)}`;
  }

  notice(text) {
    this.notices.show(text);
  }

  /** Posts, and shows what was refused. True where it was done. */
  async ask(path, body, refused = (text) => this.notice(text)) {
    const answer = await this.api.post(path, body);
    if (!answer.ok) refused(answer.text ?? answer.error);
    return answer.ok;
  }

  /** How a surface with this container sends what is clicked, and asks for options. */
  sender(container, refused) {
    return {
      send: (action, values) => this.ask("/ui/action", { container, action, values }, refused),
      suggest: async (blockId, actionId, value) => {
        const answer = await this.api.post("/ui/suggest", { container, block_id: blockId, action_id: actionId, value });
        return answer.ok ? answer : {};
      },
    };
  }

  open(address) {
    const place = placeOfLink(address, this.store);
    if (place) this.go(place);
    else if (safeUrl(address)) window.open(safeUrl(address), "_blank", "noopener,noreferrer");
  }

  clicked(event) {
    const anchor = event.target.closest?.("a[target=_blank]");
    const place = anchor && !event.ctrlKey && !event.metaKey && placeOfLink(anchor.href, this.store);
    if (!place) return;
    event.preventDefault();
    this.go(place);
  }
}

new App();
