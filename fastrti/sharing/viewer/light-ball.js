/** The light ball: the hemisphere of lights seen from above, with the photographed ones as dots. */

import { svg } from './controls.js';
import { turned } from './view.js';
import { filled, words } from './words.js';

let balls = 0;

/** A control to see and drag the light's direction. */
export class LightBall {
  /** The element to place. */
  element = svg('svg', {
    ...{ viewBox: '-1.12 -1.12 2.24 2.24', class: 'ball', tabindex: 0 },
    ...{ role: 'slider', 'aria-label': words.light, 'aria-valuemin': 0, 'aria-valuemax': 90 },
  });
  #turn = 0;
  #handle = svg('circle', { r: 0.1, class: 'handle' });
  #glow = svg('radialGradient', { id: `glow${++balls}`, r: 0.75 });

  /**
   * @param {number[][]} lights photographed directions.
   * @param {(x: number, y: number) => void} onLight
   */
  constructor(lights, onLight) {
    const stop = (offset, colour) => svg('stop', { offset, 'stop-color': colour });
    this.#glow.append(stop(0, '#d8d2c4'), stop(1, '#35332f'));
    const sphere = svg('circle', { r: 1, fill: `url(#${this.#glow.id})`, class: 'sphere' });
    const dots = lights.map(([x, y]) => svg('circle', { cx: x, cy: -y, r: 0.025, class: 'dot' }));
    this.element.append(this.#glow, sphere, ...dots, this.#handle);
    const drag = (event) => {
      if (!this.element.hasPointerCapture(event.pointerId)) return;
      const box = this.element.getBoundingClientRect();
      const at = (position, start, length) => ((position - start) / length - 0.5) * 2.24;
      const place = [at(event.clientX, box.left, box.width), at(event.clientY, box.top, box.height)];
      const [x, down] = turned(place, -this.#turn);
      onLight(x, -down);
    };
    this.element.addEventListener('pointerdown', (event) => {
      this.element.setPointerCapture(event.pointerId);
      drag(event);
    });
    this.element.addEventListener('pointermove', drag);
  }

  /** Turns with the picture, by so many quarters clockwise. */
  set turn(quarters) {
    this.#turn = quarters;
    this.element.style.rotate = `${90 * quarters}deg`;
  }

  /** Shows a unit light. */
  show([x, y, z]) {
    set(this.#handle, { cx: x, cy: -y });
    set(this.#glow, { cx: 0.5 + 0.45 * x, cy: 0.5 - 0.45 * y });
    const degrees = (radians) => Math.round((radians * 180) / Math.PI);
    const elevation = degrees(Math.asin(z));
    const azimuth = (degrees(Math.atan2(y, x)) + 360) % 360;
    set(this.element, { 'aria-valuenow': elevation, 'aria-valuetext': filled(words.lightAt, { azimuth, elevation }) });
  }
}

function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
