/** The view: which part of the picture the canvas shows, and which way up. All lengths in device pixels but where said. */

const MAX_SCALE = 32;
const ROUNDING = 0.005;

/** Pan, zoom and quarter turns of a picture on a canvas. */
export class View {
  /** Device pixels a pixel of the picture. */
  scale = 1;
  /** The point of the picture at the canvas' middle, in its pixels. */
  centre = [0, 0];
  /** Quarter turns of the picture, clockwise: from 0 to less than 4, whole ones but in a comparison. */
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

  /** Shows what another view shows, wherever that is: the centre may lie beside the picture. */
  match(centre, scale, turn) {
    [this.centre, this.scale, this.turn, this.fitted] = [centre, scale, turn, false];
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

  /** Whether it is turned by another angle than quarters. */
  get isAskew() {
    return this.turn % 1 !== 0;
  }

  /** The point of the picture that is drawn in the middle of the canvas. */
  get middle() {
    return this.toPicture(this.#canvas.map((length) => length / 2));
  }

  /** Width and height of the canvas before the picture is turned: of the box around it. */
  get upright() {
    const [width, height] = this.#canvas;
    const [right, down] = [turned([width, 0], -this.turn), turned([0, height], -this.turn)];
    return right.map((length, i) => Math.abs(length) + Math.abs(down[i]));
  }

  /** Where the picture's right and its up lie on the canvas, for clip coordinates: a matrix by columns. */
  get turning() {
    const [right, up] = [turned([this.upright[0], 0], this.turn), turned([0, -this.upright[1]], this.turn)];
    return [right, up].flatMap(([x, y]) => [x / this.#canvas[0], -y / this.#canvas[1]]);
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

  /** How many texels of the level that it needs it shows, at most. */
  get texels() {
    const [left, top, right, bottom] = this.seen;
    const [width, height] = this.#picture.map((length, i) => Math.min(length, [right, bottom][i]) - Math.max(0, [left, top][i]));
    return (Math.max(0, width) * Math.max(0, height)) / 4 ** detailOf(this.scale);
  }

  /**
   * The picture starts on a whole device pixel, so that at 1:1 every pixel is shown as it is. Halves are common, and the
   * rounded numbers of a link must round as they do. A picture that lies askew has no such pixel.
   */
  get #origin() {
    const origin = this.centre.map((middle, i) => this.upright[i] / 2 - middle * this.scale);
    return this.isAskew ? origin : origin.map((length) => Math.round(length + ROUNDING));
  }

  #fittingScale() {
    return Math.min(this.upright[0] / this.#picture[0], this.upright[1] / this.#picture[1]);
  }

  #allowed(scale) {
    return Math.min(Math.max(scale, Math.min(1, this.#fittingScale() / 2)), MAX_SCALE);
  }
}

/** The coarsest level that shows all of a scale: 0 = full resolution, each next one half of it. */
export function detailOf(scale) {
  return Math.max(0, Math.floor(Math.log2(1 / scale)));
}

/** A direction on the screen (+y down) after so many quarter turns clockwise; whole ones are exact. */
export function turned([x, y], quarters) {
  const whole = [[x, y], [-y, x], [-x, -y], [y, -x]][((quarters % 4) + 4) % 4];
  if (whole) return whole;
  const [cos, sin] = [Math.cos, Math.sin].map((of) => of((quarters * Math.PI) / 2));
  return [x * cos - y * sin, x * sin + y * cos];
}
