/* What the page asks of the server. See PROTOCOL.md. */

const UNREACHABLE = { ok: false, error: "unreachable", text: "The workspace does not answer. Is it still running?" };

export class Api {
  /** `me`: the id of the person who acts, or null for the server's first. */
  constructor(me) {
    this.me = me;
  }

  get(path, query = {}) {
    const asked = new URLSearchParams({ ...(this.me && { as: this.me }), ...query });
    return answer(fetch(`${path}?${asked}`));
  }

  post(path, body) {
    return answer(fetch(path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ as: this.me, ...body }),
    }));
  }
}

async function answer(request) {
  try {
    return await (await request).json();
  } catch (error) {
    // fetch fails with a TypeError, a body that is no JSON with a SyntaxError.
    if (error instanceof TypeError || error instanceof SyntaxError) return UNREACHABLE;
    throw error;
  }
}
