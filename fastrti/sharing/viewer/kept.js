/** Properties of the element that are kept as its attributes. */

import { readMatch, readSource } from './values.js';

/** By name, their readers. */
export const KEPT = { src: readSource, other: readSource, match: readMatch };

/**
 * Gives an element a property for each.
 * @param {HTMLElement} element
 * @param {(element: HTMLElement, value: unknown, read: Function, apply: (text: string|null) => void) => void} set
 */
export function addKept(element, set) {
  for (const [name, read] of Object.entries(KEPT)) {
    Object.defineProperty(element, name, {
      get() {
        return this.getAttribute(name) ?? '';
      },
      set(value) {
        set(this, value, read, (text) => (text === null ? this.removeAttribute(name) : this.setAttribute(name, text)));
      },
    });
  }
}
