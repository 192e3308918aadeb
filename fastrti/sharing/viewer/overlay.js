/** Drawings over the picture, in its pixels. They move with it, while their lines and letters keep their size. */

import { svg } from './controls.js';

/** The layer between the picture and the controls. */
export class Overlay {
  /** To be placed over the canvas. */
  element = svg('svg', { class: 'overlay', 'aria-hidden': 'true' });
  #moving = svg('g');
  #place = '';

  constructor() {
    this.element.append(this.#moving);
  }

  /** A group for drawings in pixels of the picture. */
  layer(name) {
    const group = svg('g', { class: name });
    this.#moving.append(group);
    return group;
  }

  /**
   * Follows the picture.
   * @param {import('./view.js').View} view
   * @param {number} ratio device pixels for each CSS pixel.
   */
  follow(view, ratio) {
    const [origin, right, down] = [[0, 0], [1, 0], [0, 1]].map((point) => view.toCanvas(point));
    const columns = [right, down].flatMap((end) => end.map((value, i) => (value - origin[i]) / ratio));
    const place = `matrix(${[...columns, ...origin.map((value) => value / ratio)].join()})`;
    if (place === this.#place) return;
    this.#place = place;
    this.#moving.setAttribute('transform', place);
    this.#moving.style.setProperty('--upright', `rotate(${-90 * view.turn}deg) scale(${ratio / view.scale})`);
  }
}

/** A text at a point of the picture, upright and of constant size. */
export function label([x, y], text) {
  return svg('text', { x, y, dx: 8, dy: -6, style: `transform-origin: ${x}px ${y}px` }, text);
}
