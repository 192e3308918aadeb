/** One object on one canvas: its tiles, view, light and mode, drawn together. */

import { make } from './controls.js';
import { ObjectError } from './fields.js';
import { GlRenderer } from './gl-renderer.js';
import { Haste } from './haste.js';
import { isPlain, plainLook } from './look.js';
import { Pyramid } from './tiles.js';
import { View } from './view.js';
import { words } from './words.js';

const BACKGROUND = [0.086, 0.086, 0.086]; // the style's #161616
const PIXELATED_FROM = 4; // device pixels a pixel: from here on pixels are shown as they are
const MAX_PROFILE = 1 << 16; // pixels
const MAX_PICTURE_SIDE = 16384; // browsers' canvases end here
const MAX_HEIGHTS_SIDE = 512; // the time to solve for heights grows with its third power

/** Draws an object: after each `start`, until `stop` forgets all but what is seen. */
export class Scene {
  /** A key of `MODES`. */
  mode = 'relight';
  /** Strength of the enhancement modes. */
  gain = 1;
  /** The settings of look.js. */
  look = plainLook();
  /** The unit vector of the light. */
  light = [0, 0, 1];
  /** Pan and zoom. */
  view;
  /** JavaScript of the last frame with a new light, from its decoder to the draw call, in milliseconds. */
  lightMs = 0;
  #files;
  #object;
  #gl = null;
  #pyramid = null;
  #renderer = null;
  #looks = null; // what makes pictures that are not shown as they are lit
  #fetching = null; // the looks, or the heights
  #failed = false; // to fetch them
  #heights = null;
  #networks = []; // the lights whose networks the GPU has
  #haste = null;
  #canvas;
  #onChange;
  #onError;

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
    this.#gl = gl;
    this.#haste = new Haste(gl, this.#onChange);
    this.#pyramid = pyramid;
    pyramid.renderer = this.#renderer;
  }

  /** Ends drawing: the context is gone, or about to go. */
  stop() {
    this.#haste?.stop();
    this.#pyramid = this.#renderer = this.#looks = this.#fetching = null;
    this.#networks = [];
  }

  /** Whether the last frame had all that was visible, as fine as it can be. */
  get isComplete() {
    if (this.#pyramid === null || this.#pyramid.isLacking || this.#haste.isCoarse) return false;
    const sight = this.#sight();
    return !isMade(sight) || this.#failed || this.#canMake(sight);
  }

  /** Whether the last frame showed the lit picture because normals had not arrived yet. */
  get waitsForNormals() {
    return this.needsNormals && this.#pyramid !== null && this.#pyramid.isLacking;
  }

  /** Whether the normals that are waited for have to be computed first. */
  async computesNormals() {
    return this.#files.isInTheMaking(this.#object.tiles ? 'normals.dzi' : 'normals.png');
  }

  /** Whether the mode needs the normals. */
  get needsNormals() {
    return this.mode !== 'relight';
  }

  /** What the colours of slopes or heights mean: a range in degrees or in pixels of the picture; null in other modes. */
  get legend() {
    if (!this.#canMake(this.#sight())) return null;
    return { slope: { degrees: 90 }, height: { pixels: this.#heights?.range } }[this.mode] ?? null;
  }

  /** Resolves when there is a first, coarse picture to draw. */
  async load() {
    await this.#pyramid.forEachTile(this.#pyramid.levels - 1, false, () => {});
  }

  /** Asks again for what could not be loaded. */
  retry() {
    this.#pyramid?.retry();
    this.#failed = false;
  }

  /** Fits the canvas' pixels to its size on the screen. */
  resize(width, height) {
    this.#canvas.width = Math.max(1, Math.round(width));
    this.#canvas.height = Math.max(1, Math.round(height));
    this.view.resize(this.#canvas.width, this.#canvas.height);
  }

  /** Draws what is there, and asks for what is missing. Where that takes long, a coarser picture comes first. */
  draw(finest = false) {
    this.#haste.draw(this.view.texels, finest, (coarser) => this.#draw(coarser));
  }

  #draw(coarser) {
    const began = performance.now();
    const changed = this.#networks[0] !== this.light;
    const { scale, seen, isAskew } = this.view;
    const isSmooth = scale < PIXELATED_FROM && (scale !== 1 || isAskew);
    const develop = this.#prepare(this.#sight());
    const reach = develop ? this.#looks.reach(0) + 1 / scale : 0;
    const wide = seen.map((edge, i) => (i < 2 ? edge - reach : edge + reach));
    this.#renderer.clear(BACKGROUND);
    for (const { tile, lod } of this.#pyramid.visible(scale, wide, this.needsNormals, coarser)) {
      this.#renderer.draw(tile, lod, this.view, isSmooth, develop);
    }
    if (changed) this.lightMs = performance.now() - began;
  }

  /**
   * The whole picture, at full resolution or the finest that fits a canvas.
   * @param {number[]} light unit vector.
   * @returns {Promise<HTMLCanvasElement>}
   */
  picture(light) {
    return this.#assembled(this.#sight({ light }), MAX_PICTURE_SIDE);
  }

  /** The whole picture of a sight, of so many pixels a side at most. */
  async #assembled(sight, most) {
    let [level, lod] = [0, 0];
    const size = () => this.#pyramid.sizeOf(level).map((length) => Math.max(1, length >> lod));
    while (Math.max(...size()) > most && level + 1 < this.#pyramid.levels) level++;
    while (Math.max(...size()) > most) lod++;
    const [width, height] = size();
    const canvas = make('canvas', { width, height });
    const context = canvas.getContext('2d');
    if (!context) throw new ObjectError(`This browser has no room for a picture of ${width}×${height}.`);
    await this.#eachTile(sight, level, (tile, develop) => {
      const [left, top] = tile.area.map((value) => value / 2 ** (level + lod));
      context.putImageData(this.#renderer.read(tile, lod, develop), left, top);
    });
    return canvas;
  }

  /** Calls back with each tile of a level, or of an area, when all is there that its sight takes. */
  async #eachTile(sight, level, act, area) {
    while (isMade(sight) && !this.#canMake(sight)) {
      await this.#fetch(sight);
      if (!this.#pyramid) throw new ObjectError(words.lost);
    }
    const reach = this.#prepare(sight) ? this.#looks.reach(level) : 0;
    const callback = (tile) => act(tile, this.#prepare(sight)); // others may have drawn something else meanwhile
    await this.#pyramid.forEachTile(level, sight.mode !== 'relight', callback, { area, reach });
  }

  /**
   * Bytes of the pixels on a line of the finest level, in steps of one pixel.
   * @param {number[]} from in pixels of the picture, as `to` is.
   * @param {object} changes `mode` or `look` where it is not the present one.
   * @returns {Promise<number[][]>} red, green and blue of each pixel that lies on the picture.
   */
  async along(from, to, changes = {}) {
    const length = Math.min(Math.hypot(to[0] - from[0], to[1] - from[1]), MAX_PROFILE);
    const points = Array.from({ length: Math.floor(length) + 1 }, (_, i) =>
      from.map((value, axis) => Math.floor(value + ((to[axis] - value) * i) / (length || 1))),
    );
    const pixels = new Array(points.length);
    const isIn = ([left, top, right, bottom], [x, y]) => x >= left && x < right && y >= top && y < bottom;
    const [least, most] = [Math.min, Math.max].map((end) => from.map((value, axis) => end(value, to[axis])));
    const area = [...least.map((value) => Math.max(0, value)), ...most.map((value) => value + 1)];
    await this.#eachTile(this.#sight(changes), 0, (tile, develop) => {
      if (!points.some((point) => isIn(tile.area, point))) return;
      const { data } = this.#renderer.read(tile, 0, develop);
      points.forEach((point, i) => {
        const at = 4 * ((point[1] - tile.area[1]) * tile.width + point[0] - tile.area[0]);
        if (isIn(tile.area, point)) pixels[i] = [...data.subarray(at, at + 3)];
      });
    }, area);
    return pixels.filter(Boolean);
  }

  /** What is seen now, but for some changes. */
  #sight(changes = {}) {
    return { mode: this.mode, light: this.light, look: this.look, ...changes };
  }

  /**
   * Brings the GPU up to date with a sight.
   * @returns {import('./gl-renderer.js').Develop|null} null where tiles are shown as they are lit, for now at least.
   */
  #prepare(sight) {
    const { mode, light, look } = sight;
    const lights = isMade(sight) && look.light2 ? [light, look.light2] : [light];
    lights.forEach((each, i) => {
      if (this.#networks[i] !== each) this.#renderer.setNetwork(this.#object.network(each), i);
      this.#networks[i] = each;
    });
    this.#renderer.show(mode, lights, this.gain);
    if (!isMade(sight)) return null;
    if (!this.#canMake(sight)) {
      if (!this.#failed) this.#fetch(sight).catch((error) => this.#onError(error)).finally(this.#onChange);
      return null;
    }
    this.#looks.show(mode, look);
    return (tile, lod, region, target) => {
      const around = this.#pyramid.around(tile, this.#looks.reach(tile.level));
      this.#looks.develop(tile, lod, region, target, around);
    };
  }

  #canMake({ mode }) {
    return this.#looks !== null && (mode !== 'height' || this.#heights !== null);
  }

  /** Fetches what makes a sight; once where it is asked for again meanwhile. */
  #fetch(sight) {
    this.#fetching ??= this.#fetchFor(sight).finally(() => (this.#fetching = null));
    return this.#fetching;
  }

  async #fetchFor({ mode }) {
    const gl = this.#gl;
    try {
      const looks = this.#looks ?? new (await import('./looks.js')).Looks(gl, this.#renderer, this.#pyramid.tileSize, this.#object);
      if (this.#gl !== gl || !this.#pyramid) return;
      if (mode === 'height' && !this.#heights) this.#heights = await this.#integrate();
      if (this.#heights) looks.heights = this.#heights;
      this.#looks = looks;
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  async #integrate() {
    const normals = await this.#assembled(this.#sight({ mode: 'normals' }), MAX_HEIGHTS_SIDE);
    const { data, width, height } = normals.getContext('2d').getImageData(0, 0, normals.width, normals.height);
    const step = Math.max(this.#object.width, this.#object.height) / Math.max(width, height);
    return (await import('./heights.js')).heightsOf(data, width, height, step);
  }
}

/** Whether a sight is more than the lit tiles. */
function isMade({ mode, look }) {
  return mode === 'slope' || mode === 'height' || (mode !== 'normals' && !isPlain(look));
}
