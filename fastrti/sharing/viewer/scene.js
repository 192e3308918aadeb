/** One object on one canvas: its tiles, view, light and mode, drawn together. */

import { ObjectError } from './fields.js';
import { GlRenderer } from './gl-renderer.js';
import { Haste } from './haste.js';
import { isPlain, plainLook } from './look.js';
import { Pyramid } from './tiles.js';
import { View } from './view.js';
import { words } from './words.js';

const BACKGROUND = [0.086, 0.086, 0.086]; // the style's #161616
const PIXELATED_FROM = 4; // device pixels a pixel: from here on pixels are shown as they are

/**
 * @typedef {object} Sight what is made of the object.
 * @property {string} mode a key of `MODES`.
 * @property {number[]} light unit vector.
 * @property {object} look the settings of look.js.
 */

/** Draws an object: after each `ask` and `start`, until `stop` forgets all but what is seen. */
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
  #first = null; // a promise of its coarsest level
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

  /** Asks for a first, coarse picture, which comes while the graphics context is made. */
  ask() {
    const whileStarted = (act) => (value) => this.#pyramid === pyramid && act(value);
    const pyramid = new Pyramid(this.#files, this.#object, whileStarted(this.#onChange), whileStarted(this.#onError));
    this.#pyramid = pyramid;
    this.#first = pyramid.forEachTile(pyramid.coarsest, false, () => {});
    this.#first.catch(() => {}); // told by `load`
  }

  /**
   * Begins to draw.
   * @param {WebGL2RenderingContext|null} gl a fresh context of the canvas.
   */
  start(gl) {
    const { decoder, masked } = this.#object;
    this.#renderer = new GlRenderer(gl, decoder, masked, this.#pyramid.tileSize);
    this.#gl = gl;
    this.#haste = new Haste(gl, this.#onChange);
    this.#pyramid.renderer = this.#renderer;
  }

  /** Ends drawing: the context is gone, or about to go. */
  stop() {
    this.#haste?.stop();
    this.#pyramid = this.#renderer = this.#looks = this.#fetching = null;
    this.#networks = [];
  }

  /** Whether the last frame had all that was visible, as fine as it can be. */
  get isComplete() {
    if (this.#renderer === null || this.#pyramid.isLacking || this.#haste.isCoarse) return false;
    const sight = this.sight();
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
    if (!this.#canMake(this.sight())) return null;
    return { slope: { degrees: 90 }, height: { pixels: this.#heights?.range } }[this.mode] ?? null;
  }

  /** Resolves when the first, coarse picture is there to draw. */
  async load() {
    await this.#first;
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
    const develop = this.#prepare(this.sight());
    const reach = develop ? this.#looks.reach(0) + 1 / scale : 0;
    const wide = seen.map((edge, i) => (i < 2 ? edge - reach : edge + reach));
    this.#renderer.clear(BACKGROUND);
    for (const { tile, lod, standsIn } of this.#pyramid.visible(scale, wide, this.needsNormals, coarser)) {
      this.#renderer.draw(tile, lod, this.view, isSmooth || standsIn, develop);
    }
    if (changed) this.lightMs = performance.now() - began;
    return !this.#pyramid.isLacking;
  }

  /** Width and height of a level in texels. */
  sizeOf(level) {
    return this.#pyramid.sizeOf(level);
  }

  /** How many levels are stored. */
  get levels() {
    return this.#pyramid.levels;
  }

  /**
   * Calls back with each tile of a level, or of an area, when all is there that its sight takes.
   * @param {Sight} sight
   * @param {number} level
   * @param {(tile: object, read: (lod: number) => ImageData) => void} act
   * @param {number[]} [area]
   */
  async eachTile(sight, level, act, area) {
    while (isMade(sight) && !this.#canMake(sight)) {
      await this.#fetch(sight);
      if (!this.#pyramid) throw new ObjectError(words.lost);
    }
    const reach = this.#prepare(sight) ? this.#looks.reach(level) : 0;
    const callback = (tile) => {
      const develop = this.#prepare(sight); // others may have drawn something else meanwhile
      act(tile, (lod) => this.#renderer.read(tile, lod, develop));
    };
    await this.#pyramid.forEachTile(level, sight.mode !== 'relight', callback, { area, reach });
  }

  /** What is seen now, but for some changes. */
  sight(changes = {}) {
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
      if (this.#networks[i] !== each) this.#renderer.setNetworks(this.#object.networks(each), i);
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
    const renderer = this.#renderer;
    const isOld = () => this.#renderer !== renderer; // it was stopped meanwhile
    try {
      const Maker = (await import('./looks.js')).Looks;
      if (isOld()) return;
      const looks = this.#looks ?? new Maker(this.#gl, renderer, this.#pyramid.tileSize, this.#object);
      if (mode === 'height') this.#heights ??= await (await import('./heights.js')).heightsOf(this);
      if (isOld()) return;
      if (this.#heights) looks.heights = this.#heights;
      this.#looks = looks;
    } catch (error) {
      if (isOld()) return;
      this.#failed = true;
      throw error;
    }
  }
}

/** Whether a sight is more than the lit tiles. */
function isMade({ mode, look }) {
  return mode === 'slope' || mode === 'height' || (mode !== 'normals' && !isPlain(look));
}
