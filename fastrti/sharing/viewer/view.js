/** The view: which part of the picture the canvas shows, and which way up. All lengths in device pixels but where said. */

const MAX_SCALE = 32;
const ROUNDING = 0.005;

/** Pan, zoom and quarter turns of a picture on a canvas. */
export class View {
  /** Device pixels a pixel of the picture. */
  scale = 1;
  /** The point of the picture at the canvas' middle, in its pixels. */
  centre = [0, 0];
  /** Quarter turns of the picture, clockwise: 0 to 3. */
  turn = 0;
  /** Whether the whole picture is shown, whatever the size of the canvas. */
  fitted = true;
  #picture;
  #canvas = [1, 1];

  /** @param {number[]} picture width and height in pixels. */
  constructor(picture) {
    this.#picture = picture;
    this.fit();
  }

  /** The canvas has a new size; a fitted picture stays fitted. */
  resize(width, height) {
    this.#canvas = [width, height];
    if (this.fitted) this.fit();
  }

  /** Shows the whole picture. */
  fit() {
    this.scale = this.#fittingScale();
    this.centre = this.#picture.map((length) => length / 2);
    this.fitted = true;
  }

  /** Shows a point of the picture in the middle. */
  show(centre, scale) {
    this.scale = this.#allowed(scale);
    this.centre = centre;
    this.pan(0, 0);
  }

  /** Turns the picture clockwise by so many quarters. */
  rotate(quarters) {
    this.turn = (((this.turn + quarters) % 4) + 4) % 4;
    if (this.fitted) this.fit();
  }

  /** Moves the picture by so many device pixels. */
  pan(dx, dy) {
    const [x, y] = this.centre;
    const [right, down] = turned([dx, dy], -this.turn);
    const moved = [x - right / this.scale, y - down / this.scale];
    this.centre = moved.map((value, i) => Math.min(Math.max(value, 0), this.#picture[i]));
    this.fitted = false;
  }

  /** Zooms by a factor; the point of the picture under (x, y) of the canvas stays there. */
  zoom(factor, x = this.#canvas[0] / 2, y = this.#canvas[1] / 2) {
    const scale = this.#allowed(this.scale * factor);
    const [dx, dy] = turned([x - this.#canvas[0] / 2, y - this.#canvas[1] / 2], -this.turn);
    const held = 1 / this.scale - 1 / scale;
    this.scale = scale;
    this.centre = [this.centre[0] + dx * held, this.centre[1] + dy * held];
    this.pan(0, 0);
  }

  /** Where a point of the picture lies on the canvas. */
  toCanvas([x, y]) {
    const [left, top] = this.#origin;
    const from = [left + x * this.scale - this.upright[0] / 2, top + y * this.scale - this.upright[1] / 2];
    return turned(from, this.turn).map((value, i) => value + this.#canvas[i] / 2);
  }

  /** Which point of the picture lies at a point of the canvas. */
  toPicture([x, y]) {
    const from = turned([x - this.#canvas[0] / 2, y - this.#canvas[1] / 2], -this.turn);
    return from.map((value, i) => (value + this.upright[i] / 2 - this.#origin[i]) / this.scale);
  }

  /** Width and height of the canvas before the picture is turned. */
  get upright() {
    return this.turn % 2 ? [this.#canvas[1], this.#canvas[0]] : this.#canvas;
  }

  /** Where an area of the picture (left, top, right, bottom in its pixels) lies on the canvas before it is turned. */
  areaUpright(area) {
    const origin = this.#origin;
    return area.map((value, i) => origin[i % 2] + value * this.scale);
  }

  /** The part of the picture that is seen: left, top, right, bottom in its pixels. */
  get seen() {
    const half = this.upright.map((length) => length / 2 / this.scale);
    const [x, y] = this.centre;
    return [x - half[0] - 1, y - half[1] - 1, x + half[0] + 1, y + half[1] + 1];
  }

  /**
   * The picture starts on a whole device pixel, so that at 1:1 every pixel is shown as it is. Halves are common, and the
   * rounded numbers of a link must round as they do.
   */
  get #origin() {
    return this.centre.map((middle, i) => Math.round(this.upright[i] / 2 - middle * this.scale + ROUNDING));
  }

  #fittingScale() {
    return Math.min(this.upright[0] / this.#picture[0], this.upright[1] / this.#picture[1]);
  }

  #allowed(scale) {
    return Math.min(Math.max(scale, Math.min(1, this.#fittingScale() / 2)), MAX_SCALE);
  }
}

/** A direction on the screen (+y down) after so many quarter turns clockwise. */
export function turned([x, y], quarters) {
  return [[x, y], [-y, x], [-x, -y], [y, -x]][((quarters % 4) + 4) % 4];
}
