/** The ruler: a line on the picture, its length, the profile along it, and the scale that a known length gives. */

import { make, svg } from './controls.js';
import { label } from './overlay.js';
import { action, field } from './panel.js';
import { reject } from './values.js';
import { toolWords } from './tool-words.js';
import { filled } from './words.js';

const GRAB = 12; // CSS pixels around an end
const [PLOT_WIDTH, PLOT_HEIGHT] = [260, 90];
const LEAST_Z = 0.05; // steeper slopes are the noise of normals
const PROFILES = ['brightness', 'height'];

/**
 * @typedef {object} Measured what the ruler needs of the viewer.
 * @property {() => number|null} scale millimetres for each pixel of the picture.
 * @property {(mmPerPixel: number) => void} setScale
 * @property {(kind: string, from: number[], to: number[]) => Promise<number[]>} profile
 * @property {() => number} grab pixels of the picture in a CSS pixel.
 * @property {() => void} changed the line is another one.
 * @property {(error: Error) => void} failed
 */

/** A ruler on a layer over the picture. */
export class Ruler {
  /** What the panel shows. */
  content;
  #layer;
  #on;
  #line = null; // [[x, y], [x, y]] in pixels of the picture
  #dragged = 1;
  #kind = 'brightness';
  #length = make('output', { class: 'length' });
  #plot = svg('svg', { viewBox: `0 0 ${PLOT_WIDTH} ${PLOT_HEIGHT}`, class: 'plot', role: 'img', 'aria-label': toolWords.profile });
  #range = make('output', { class: 'range' });
  #known = make('input', { type: 'number', min: 0, step: 'any', inputmode: 'decimal' });
  #turn = 0; // of the profile: a slow one does not replace a newer one

  /**
   * @param {SVGGElement} layer
   * @param {Measured} on
   */
  constructor(layer, on) {
    this.#layer = layer;
    this.#on = on;
    const kinds = make('select', {}, ...PROFILES.map((value) => make('option', { value }, toolWords[value])));
    kinds.addEventListener('change', () => {
      this.#kind = kinds.value;
      this.refresh();
    });
    const set = make('form', { class: 'row' }, field(toolWords.known, this.#known), action(toolWords.setScale, () => {}));
    set.querySelector('button').type = 'submit';
    set.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#calibrate();
    });
    this.content = [this.#length, field(toolWords.profile, kinds), this.#plot, this.#range, set];
    this.#show();
  }

  /** The line as text, "" for none. */
  get line() {
    return this.#line?.flat().map((value) => Number(value.toFixed(2))).join() ?? '';
  }

  /** Takes a line as text. */
  set line(text) {
    const numbers = text.split(',').map(Number);
    if (text && (numbers.length !== 4 || !numbers.every(Number.isFinite))) reject('line to be "x,y,x,y"', text);
    this.#line = text ? [numbers.slice(0, 2), numbers.slice(2)] : null;
    this.#show();
  }

  // --- as a tool of the pointer --------------------------------------------------------------------------------------

  down(point) {
    const grab = GRAB * this.#on.grab();
    const near = this.#line?.findIndex((end) => Math.hypot(end[0] - point[0], end[1] - point[1]) < grab) ?? -1;
    if (near < 0) this.#line = [point, point];
    this.#dragged = near < 0 ? 1 : near;
  }

  move(point) {
    this.#line[this.#dragged] = point;
    this.#show();
  }

  up() {
    const [from, to] = this.#line;
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) === 0) this.#line = null;
    this.#show();
    this.refresh();
    this.#on.changed();
  }

  // --- what is shown -------------------------------------------------------------------------------------------------

  /** The pixels under the line, or the scale, are others. */
  async refresh() {
    this.#show();
    const turn = ++this.#turn;
    const line = this.#line;
    this.#plot.replaceChildren();
    this.#range.textContent = '';
    if (!line) return;
    try {
      const values = await this.#on.profile(this.#kind, ...line);
      if (turn === this.#turn) this.#draw(values);
    } catch (error) {
      if (turn === this.#turn) this.#on.failed(error);
    }
  }

  #show() {
    this.#layer.replaceChildren();
    const text = this.#line ? this.#lengthText() : toolWords.measure;
    this.#length.textContent = text;
    if (!this.#line) return;
    const [from, to] = this.#line;
    const ends = [from, to].map(([x, y]) => svg('path', { d: `M${x},${y}h0`, class: 'end' }));
    const path = `M${from.join()}L${to.join()}`;
    this.#layer.append(svg('path', { d: path, class: 'under' }), svg('path', { d: path }), ...ends, label(to, text));
  }

  #lengthText() {
    const [[x0, y0], [x1, y1]] = this.#line;
    return this.#inUnits(Math.hypot(x1 - x0, y1 - y0));
  }

  #inUnits(pixels) {
    const scale = this.#on.scale();
    return scale === null ? `${pixels.toFixed(1)} ${toolWords.pixels}` : `${Number((pixels * scale).toPrecision(4))} mm`;
  }

  /** Heights are in pixels of the picture: a slope knows no other unit. */
  #draw(values) {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const [wide, tall] = [PLOT_WIDTH / Math.max(1, values.length - 1), (PLOT_HEIGHT - 4) / (high - low || 1)];
    const points = values.map((value, i) => `${(i * wide).toFixed(1)},${(PLOT_HEIGHT - 2 - (value - low) * tall).toFixed(1)}`);
    this.#plot.replaceChildren(svg('polyline', { points: points.join(' ') }));
    const levels = filled(toolWords.levels, { low: low.toFixed(0), high: high.toFixed(0) });
    const range = this.#kind === 'height' ? this.#inUnits(high - low) : levels;
    this.#range.textContent = `${toolWords[this.#kind]}: ${range}`;
    this.#plot.setAttribute('aria-label', this.#range.textContent);
  }

  #calibrate() {
    const known = Number(this.#known.value);
    if (!this.#line || !(known > 0)) return;
    const [[x0, y0], [x1, y1]] = this.#line;
    this.#on.setScale(known / Math.hypot(x1 - x0, y1 - y0));
    this.refresh();
  }
}

/**
 * Heights along a line from the normals on it, in steps of one pixel: the slopes summed. Their errors sum up, too.
 * @param {number[][]} normals unit vectors, +x right, +y up.
 * @param {number[]} direction of the line, in pixels of the picture: +y down.
 */
export function heightsAlong(normals, [right, down]) {
  const slopes = normals.map(([x, y, z]) => (y * down - x * right) / Math.max(z, LEAST_Z));
  let height = 0;
  return slopes.map((slope, i) => (height += i && (slope + slopes[i - 1]) / 2));
}
