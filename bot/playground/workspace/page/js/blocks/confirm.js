/* "Are you sure?", as an element's `confirm` words it. */

import { wayBack } from "../a11y.js";
import { byId, el } from "../dom.js";
import { plain, textObject } from "../mrkdwn.js";

/** True once the person confirms; false on deny, Escape or the backdrop. */
export function confirmed(confirm, names) {
  const { title, text, confirm: yes, deny: no, style } = confirm;
  const back = wayBack();
  const ask = el("dialog", { class: "confirm", "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text" },
    el("form", { method: "dialog" },
      el("h2", { id: "confirm-title" }, plain(title) || "Are you sure?"),
      el("div", { id: "confirm-text", class: "text" }, textObject(text, names)),
      el("div", { class: "buttons" },
        // The answer that changes nothing stands first and has the focus.
        el("button", { value: "no", class: "button", autofocus: true }, plain(no) || "Cancel"),
        el("button", { value: "yes", class: `button ${style === "danger" ? "danger" : "primary"}` }, plain(yes) || "Yes"))));
  byId("dialogs").append(ask);
  ask.showModal();
  return new Promise((resolve) => {
    ask.addEventListener("close", () => {
      ask.remove();
      back();
      resolve(ask.returnValue === "yes");
    });
  });
}
