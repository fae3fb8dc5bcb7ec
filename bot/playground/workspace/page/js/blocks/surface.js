/* Where blocks stand: a message, a modal or the home. It holds what was chosen and sends what is clicked. */

import { confirmed } from "./confirm.js";

/** What the inputs of one surface hold: block_id -> action_id -> Slack's state value. */
export class Values {
  constructor(values = {}) {
    this.kept = structuredClone(values);
  }

  /** The value that this element holds already, else `initial`, which is then held. */
  start(blockId, actionId, initial) {
    const held = this.kept[blockId]?.[actionId];
    if (held?.type === initial.type) return held;
    this.set(blockId, actionId, initial);
    return initial;
  }

  set(blockId, actionId, value) {
    (this.kept[blockId] ??= {})[actionId] = value;
  }

  /** Forgets the values of elements that `blocks` no longer have. */
  keepOnly(blocks) {
    const ids = new Map(blocks.map((block) => [block.block_id, elementsOf(block).map((element) => element.action_id)]));
    for (const [blockId, held] of Object.entries(this.kept)) {
      for (const actionId of Object.keys(held)) if (!ids.get(blockId)?.includes(actionId)) delete held[actionId];
      if (!Object.keys(held).length) delete this.kept[blockId];
    }
  }

  toJSON() {
    return this.kept;
  }
}

/** The elements of a block that a person can use. */
export function elementsOf(block) {
  return [...(block.elements ?? []), block.element, block.accessory].filter((element) => element?.action_id);
}

export class Surface {
  /** `send(action, values)` resolves once the server has answered. */
  constructor({ names, send, suggest, values = new Values(), openUrl = () => {} }) {
    Object.assign(this, { names, send, suggest, values, openUrl });
    this.errors = new Map();
  }

  /** Asks the element's confirm, then opens `url` where there is one, and sends. False: the person said no. */
  async act(block, element, detail = {}, url = null) {
    if (element.confirm && !(await confirmed(element.confirm, this.names))) return false;
    if (url) this.openUrl(url);
    const action = { block_id: block.block_id, action_id: element.action_id, type: element.type, ...detail };
    await this.send(action, this.values.toJSON());
    return true;
  }

  /** An element has a new state value: hold it, and send it where Slack would. `revert()` if the person said no. */
  async change(block, element, value, revert = () => {}) {
    const before = this.values.kept[block.block_id]?.[element.action_id];
    this.values.set(block.block_id, element.action_id, value);
    if (block.type === "input" && !block.dispatch_action) return;
    if (await this.act(block, element, value)) return;
    if (before) this.values.set(block.block_id, element.action_id, before);
    revert(before);
  }
}
