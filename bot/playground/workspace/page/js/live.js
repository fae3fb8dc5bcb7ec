/* The server's frames. Whenever the socket opens, the state is fetched anew; frames that come meanwhile wait for it. */

const LONGEST_WAIT = 4000;
const NOBODY = 4003; // the server closes so where nobody can act as this person

export class Live {
  /** `refresh()` fetches the state, `frame(data)` takes one frame, `online(yes)` hears of loss and return, `nobody()` that `me` can't act. */
  constructor(me, { refresh, frame, online, nobody }) {
    Object.assign(this, { me, refresh, frame, online, nobody, wait: 250, waiting: null, ended: false });
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/ui/live?${new URLSearchParams(this.me ? { as: this.me } : {})}`);
    this.socket.addEventListener("open", () => this.opened());
    this.socket.addEventListener("message", ({ data }) => this.take(JSON.parse(data)));
    this.socket.addEventListener("close", ({ code }) => this.lost(code));
  }

  async opened() {
    this.waiting = [];
    await this.refresh();
    if (this.ended) return;
    const frames = this.waiting;
    this.waiting = null;
    this.wait = 250;
    frames.forEach((data) => this.frame(data));
    this.online(true);
  }

  take(data) {
    if (this.waiting) this.waiting.push(data);
    else this.frame(data);
  }

  lost(code) {
    if (this.ended) return;
    if (code === NOBODY) {
      this.ended = true;
      this.nobody();
      return;
    }
    this.online(false);
    this.timer = setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
  }

  close() {
    this.ended = true;
    clearTimeout(this.timer);
    this.socket.close();
  }
}
