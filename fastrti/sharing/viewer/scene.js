/** One object on one canvas: its tiles, view, light and mode, drawn together. */

import { make } from './controls.js';
import { GlRenderer } from './gl-renderer.js';
import { Pyramid } from './tiles.js';
import { View } from './view.js';

const BACKGROUND = [0.086, 0.086, 0.086]; // the style's #161616
const PIXELATED_FROM = 4; // device pixels a pixel: from here on pixels are shown as they are
const MAX_PICTURE_SIDE = 16384; // browsers' canvases end here

/** Draws an object; forgets nothing until `dispose`. */
export class Scene {
  /** A key of `MODES`. */
  mode = 'relight';
  /** Strength of the enhancement modes. */
  gain = 1;
  /** Pan and zoom. */
  view;
  /** JavaScript of the last frame with a new light, from its decoder to the draw call, in milliseconds. */
  lightMs = 0;
  #object;
  #pyramid;
  #renderer;
  #canvas;
  #light = [0, 0, 1];
  #lightChanged = true;

  /**
   * @param {HTMLCanvasElement} canvas without a context yet.
   * @param {import('./files.js').Files} files
   * @param {import('./object.js').RtiObject} object
   * @param {() => void} onChange called when there is something new to draw.
   * @param {(error: Error) => void} onError called when a tile cannot be loaded.
   */
  constructor(canvas, files, object, onChange, onError) {
    this.#canvas = canvas;
    this.#object = object;
    this.#pyramid = new Pyramid(files, object, onChange, onError);
    this.#renderer = new GlRenderer(canvas, object.decoder, object.masked, this.#pyramid.tileSize);
    this.#pyramid.renderer = this.#renderer;
    this.view = new View([object.width, object.height]);
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
    this.#pyramid.retry();
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
      this.#renderer.draw(tile, lod, this.view.toCanvas(tile.area), scale !== 1 && scale < PIXELATED_FROM);
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
    await this.#pyramid.forEachTile(level, this.needsNormals, (tile) => {
      this.#prepare();
      const [left, top] = tile.area.map((value) => value / 2 ** level);
      context.putImageData(this.#renderer.read(tile), left, top);
    });
    return canvas;
  }

  /** Gives the graphics context back. */
  dispose() {
    this.#renderer.dispose();
  }

  /** Brings the GPU's weights and mode up to date. */
  #prepare() {
    if (this.#lightChanged) this.#renderer.setNetwork(this.#object.network(this.#light));
    this.#lightChanged = false;
    this.#renderer.setMode(this.mode, this.#light, this.gain);
  }
}
