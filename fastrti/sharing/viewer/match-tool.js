/** Picks two places on both of two pictures that stand side by side. */

import { svg } from './controls.js';
import { TAP } from './interaction.js';
import { Overlay, label } from './overlay.js';
import { toPath } from './shapes.js';


/**
 * @typedef {object} Matched
 * @property {HTMLElement} area that holds both.
 * @property {HTMLElement} other the second viewer.
 * @property {SVGGElement} layer over the first picture.
 * @property {(tool: import('./interaction.js').Tool|null) => void} use
 * @property {(match: number[]) => void} done x, y on the first and on the second picture, twice.
 */

/** Begins with its making, and ends by `stop`. */
export class MatchTool {
  #on;
  #near = []; // places on the first picture
  #far = []; // on the second
  #overlay = new Overlay();
  #layer = this.#overlay.layer('marks');
  #pressed = null;
  #listeners = {
    pointerdown: (event) => (this.#pressed = [event.clientX, event.clientY]),
    click: (event) => this.#tap(event),
    'rti-state': () => this.#follow(),
  };

  /** @param {Matched} on */
  constructor(on) {
    this.#on = on;
    on.other.after(this.#overlay.element);
    this.#overlay.element.classList.add('far');
    for (const [name, listener] of Object.entries(this.#listeners)) on.other.addEventListener(name, listener);
    on.use({ down: () => {}, move: () => {}, up: (point) => this.#add(this.#near, point) });
  }

  stop() {
    const { layer, other, use } = this.#on;
    for (const [name, listener] of Object.entries(this.#listeners)) other.removeEventListener(name, listener);
    this.#overlay.element.remove();
    layer.replaceChildren();
    use(null);
  }

  #tap({ clientX, clientY }) {
    const [x, y] = this.#pressed ?? [];
    if (!(Math.hypot(clientX - x, clientY - y) <= TAP)) return; // it was a drag
    const { left, top } = this.#on.other.getBoundingClientRect();
    const at = [clientX - left, clientY - top].map((length) => length * devicePixelRatio);
    this.#add(this.#far, this.#on.other.view.toPicture(at));
  }

  /** The last of a place counts until its partner is there. */
  #add(places, point) {
    const partners = places === this.#near ? this.#far : this.#near;
    const index = Math.min(places.length, partners.length, 1);
    places[index] = point;
    drawMarks(this.#on.layer, this.#near);
    drawMarks(this.#layer, this.#far);
    this.#follow();
    if (this.#near.length === 2 && this.#far.length === 2) {
      this.#on.done([0, 1].flatMap((i) => [...this.#near[i], ...this.#far[i]].map((value) => Number(value.toFixed(2)))));
    }
  }

  #follow() {
    this.#overlay.follow(this.#on.other.view, devicePixelRatio);
  }
}

function drawMarks(layer, points) {
  const d = points.map((point) => toPath({ kind: 'point', points: [point] })).join('');
  layer.replaceChildren(
    svg('path', { d, class: 'under' }),
    svg('path', { d, class: 'open' }),
    ...points.map((point, i) => label(point, String(i + 1))),
  );
}
