/** The view: which part of the picture the canvas shows. All lengths in device pixels but where said. */

const MAX_SCALE = 32;

/** Pan and zoom of a picture on a canvas. */
export class View {
  /** Device pixels a pixel of the picture. */
  scale = 1;
  /** The point of the picture at the canvas' middle, in its pixels. */
  centre = [0, 0];
  #picture;
  #canvas = [1, 1];
  #fitted = true;

  /** @param {number[]} picture width and height in pixels. */
  constructor(picture) {
    this.#picture = picture;
    this.fit();
  }

  /** The canvas has a new size; a fitted picture stays fitted. */
  resize(width, height) {
    this.#canvas = [width, height];
    if (this.#fitted) this.fit();
  }

  /** Shows the whole picture. */
  fit() {
    this.scale = this.#fittingScale();
    this.centre = this.#picture.map((length) => length / 2);
    this.#fitted = true;
  }

  /** Moves the picture by so many device pixels. */
  pan(dx, dy) {
    const [x, y] = this.centre;
    const clamped = [x - dx / this.scale, y - dy / this.scale];
    this.centre = clamped.map((value, i) => Math.min(Math.max(value, 0), this.#picture[i]));
    this.#fitted = false;
  }

  /** Zooms by a factor; the point of the picture under (x, y) of the canvas stays there. */
  zoom(factor, x = this.#canvas[0] / 2, y = this.#canvas[1] / 2) {
    const smallest = Math.min(1, this.#fittingScale() / 2);
    const scale = Math.min(Math.max(this.scale * factor, smallest), MAX_SCALE);
    const [dx, dy] = [x - this.#canvas[0] / 2, y - this.#canvas[1] / 2];
    const held = 1 / this.scale - 1 / scale;
    this.scale = scale;
    this.centre = [this.centre[0] + dx * held, this.centre[1] + dy * held];
    this.pan(0, 0);
  }

  /** Where an area of the picture (left, top, right, bottom in its pixels) lies on the canvas. */
  toCanvas(area) {
    // The picture starts on a whole device pixel, so that at 1:1 every pixel is shown as it is.
    const origin = this.centre.map((middle, i) => Math.round(this.#canvas[i] / 2 - middle * this.scale));
    return area.map((value, i) => origin[i % 2] + value * this.scale);
  }

  /** The part of the picture that is seen: left, top, right, bottom in its pixels. */
  get seen() {
    const half = this.#canvas.map((length) => length / 2 / this.scale);
    const [x, y] = this.centre;
    return [x - half[0] - 1, y - half[1] - 1, x + half[0] + 1, y + half[1] + 1];
  }

  #fittingScale() {
    return Math.min(this.#canvas[0] / this.#picture[0], this.#canvas[1] / this.#picture[1]);
  }
}
