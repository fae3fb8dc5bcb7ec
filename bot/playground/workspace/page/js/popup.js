/* Where a menu or a list opens: below what it belongs to, or above where there is no room. */

const GAP = 4;

/** Puts the shown `popup` beside `anchor`, within the window. */
export function placeBeside(popup, anchor, { stretch = false } = {}) {
  const at = anchor.getBoundingClientRect();
  if (stretch) popup.style.width = `${at.width}px`;
  const below = innerHeight - at.bottom - 2 * GAP;
  const above = at.top - 2 * GAP;
  const up = popup.scrollHeight > below && above > below;
  popup.style.maxHeight = `${Math.max(80, Math.min(320, up ? above : below))}px`;
  const { width, height } = popup.getBoundingClientRect();
  popup.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - width - GAP))}px`;
  popup.style.top = `${up ? at.top - GAP - height : at.bottom + GAP}px`;
}
