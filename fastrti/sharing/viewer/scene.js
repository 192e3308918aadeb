/** One object on one canvas: its tiles, view, light and mode, drawn together. */

import { make } from './controls.js';
import { ObjectError } from './fields.js';
import { GlRenderer } from './gl-renderer.js';
import { Pyramid } from './tiles.js';
import { View } from './view.js';

const BACKGROUND = [0.086, 0.086, 0.086]; // the style's #161616
const PIXELATED_FROM = 4; // device pixels a pixel: from here on pixels are shown as they are
const MAX_PROFILE = 1 << 16; // pixels
const MAX_PICTURE_SIDE = 16384; // browsers' canvases end here

/** Draws an object: after each `start`, until `stop` forgets all but the view, the light and the mode. */
export class Scene {
  /** A key of `MODES`. */
  mode = 'relight';
  /** Strength of the enhancement modes. */
  gain = 1;
  /** Pan and zoom. */
  view;
  /** JavaScript of the last frame with a new light, from its decoder to the draw call, in milliseconds. */
  lightMs = 0;
  #files;
  #object;
  #pyramid = null;
  #renderer = null;
  #canvas;
  #onChange;
  #onError;
  #light = [0, 0, 1];
  #lightChanged = true;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import('./files.js').Files} files
   * @param {import('./object.js').RtiObject} object
   * @param {() => void} onChange called when there is something new to draw.
   * @param {(error: Error) => void} onError called when a tile cannot be loaded.
   */
  constructor(canvas, files, object, onChange, onError) {
    this.#canvas = canvas;
    this.#files = files;
    this.#object = object;
    this.#onChange = onChange;
    this.#onError = onError;
    this.view = new View([object.width, object.height]);
  }

  /**
   * Begins to draw.
   * @param {WebGL2RenderingContext|null} gl a fresh context of the canvas.
   */
  start(gl) {
    const { decoder, masked } = this.#object;
    const whileStarted = (act) => (value) => this.#pyramid === pyramid && act(value);
    const pyramid = new Pyramid(this.#files, this.#object, whileStarted(this.#onChange), whileStarted(this.#onError));
    this.#renderer = new GlRenderer(gl, decoder, masked, pyramid.tileSize);
    this.#pyramid = pyramid;
    pyramid.renderer = this.#renderer;
    this.#lightChanged = true;
  }

  /** Ends drawing: the context is gone, or about to go. */
  stop() {
    this.#pyramid = this.#renderer = null;
  }

  /** Whether all that was visible in the last frame had arrived. */
  get isComplete() {
    return this.#pyramid !== null && !this.#pyramid.isLacking;
  }

  /** Whether the last frame showed the lit picture because normals had not arrived yet. */
  get waitsForNormals() {
    return this.needsNormals && this.#pyramid !== null && this.#pyramid.isLacking;
  }

  /** Whether the normals that are waited for have to be computed first. */
  async computesNormals() {
    return this.#files.isInTheMaking(this.#object.tiles ? 'normals.dzi' : 'normals.png');
  }

  /** The unit vector of the light. */
  set light(light) {
    this.#light = light;
    this.#lightChanged = true;
  }

  /** Whether the mode needs the normals. */
  get needsNormals() {
    return this.mode !== 'relight';
  }

  /** Resolves when there is a first, coarse picture to draw. */
  async load() {
    await this.#pyramid.forEachTile(this.#pyramid.levels - 1, false, () => {});
  }

  /** Asks again for what could not be loaded. */
  retry() {
    this.#pyramid?.retry();
  }

  /** Fits the canvas' pixels to its size on the screen. */
  resize(width, height) {
    this.#canvas.width = Math.max(1, Math.round(width));
    this.#canvas.height = Math.max(1, Math.round(height));
    this.view.resize(this.#canvas.width, this.#canvas.height);
  }

  /** Draws what is there, and asks for what is missing. */
  draw() {
    const began = performance.now();
    const changed = this.#lightChanged;
    const { scale, seen } = this.view;
    this.#prepare();
    this.#renderer.clear(BACKGROUND);
    for (const { tile, lod } of this.#pyramid.visible(scale, seen, this.needsNormals)) {
      this.#setMode(tile);
      this.#renderer.draw(tile, lod, this.view, scale !== 1 && scale < PIXELATED_FROM);
    }
    if (changed) this.lightMs = performance.now() - began;
  }

  /**
   * The whole picture under the present light, at full resolution or the finest that fits a canvas.
   * @returns {Promise<HTMLCanvasElement>}
   */
  async picture() {
    let level = 0;
    while (Math.max(...this.#pyramid.sizeOf(level)) > MAX_PICTURE_SIDE) level++;
    const [width, height] = this.#pyramid.sizeOf(level);
    const canvas = make('canvas', { width, height });
    const context = canvas.getContext('2d');
    if (!context) throw new ObjectError(`This browser has no room for a picture of ${width}×${height}.`);
    await this.#pyramid.forEachTile(level, this.needsNormals, (tile) => {
      this.#prepare();
      this.#setMode(tile);
      const [left, top] = tile.area.map((value) => value / 2 ** level);
      context.putImageData(this.#renderer.read(tile), left, top);
    });
    return canvas;
  }

  /**
   * Bytes of the pixels on a line of the finest level, in steps of one pixel.
   * @param {number[]} from in pixels of the picture, as `to` is.
   * @param {string|null} mode null: the present one.
   * @returns {Promise<number[][]>} red, green and blue of each pixel that lies on the picture.
   */
  async along(from, to, mode = null) {
    const length = Math.min(Math.hypot(to[0] - from[0], to[1] - from[1]), MAX_PROFILE);
    const points = Array.from({ length: Math.floor(length) + 1 }, (_, i) =>
      from.map((value, axis) => Math.floor(value + ((to[axis] - value) * i) / (length || 1))),
    );
    const pixels = new Array(points.length);
    const isIn = ([left, top, right, bottom], [x, y]) => x >= left && x < right && y >= top && y < bottom;
    const [least, most] = [Math.min, Math.max].map((end) => from.map((value, axis) => end(value, to[axis])));
    const area = [...least.map((value) => Math.max(0, value)), ...most.map((value) => value + 1)];
    await this.#pyramid.forEachTile(0, this.needsNormals || mode === 'normals', (tile) => {
      if (!points.some((point) => isIn(tile.area, point))) return;
      this.#prepare();
      this.#setMode(tile, mode ?? this.mode);
      const { data } = this.#renderer.read(tile);
      points.forEach((point, i) => {
        const at = 4 * ((point[1] - tile.area[1]) * tile.width + point[0] - tile.area[0]);
        if (isIn(tile.area, point)) pixels[i] = [...data.subarray(at, at + 3)];
      });
    }, area);
    return pixels.filter(Boolean);
  }

  /** Brings the GPU's weights up to date. */
  #prepare() {
    if (this.#lightChanged) this.#renderer.setNetwork(this.#object.network(this.#light));
    this.#lightChanged = false;
  }

  /** A tile without normals is lit as ever. */
  #setMode(tile, mode = this.mode) {
    this.#renderer.setMode(tile.normals ? mode : 'relight', this.#light, this.gain);
  }
}
