/**
 * The pictures of an object as tiles of a pyramid; only what is seen is fetched and decoded. An object that fits one
 * texture is a pyramid of one tile, whose coarser levels the GPU makes. It may have a first look, a coarse tile that
 * stands in until the other one has come.
 */

import { planeFiles } from './shaders.js';
import { detailOf } from './view.js';

const MAX_TEXELS = 64 << 20; // kept on the GPU, over all plane pictures: 256 MB
const MAX_NORMALS_REQUESTS = 2; // who serves them may have to compute them first: planes do not wait for that

/**
 * @typedef {object} Tile
 * @property {number} level 0 = full resolution, each next one half of it.
 * @property {number} width,height texels.
 * @property {number[]} area left, top, right, bottom in pixels of the full picture.
 * @property {WebGLTexture|null} texture,normals
 */

/** Knows which tiles a view needs, loads them and forgets those not seen for long. */
export class Pyramid {
  #files;
  #object;
  #renderer = null;
  #begun;
  #begin;
  #tiles = new Map();
  #requests = 0;
  #frame = 0;
  #lacking = false;
  #uploads = Promise.resolve();
  #onChange;
  #onError;

  /**
   * @param {import('./files.js').Files} source
   * @param {object} object what `openObject` returns.
   * @param {() => void} onChange called when a tile has arrived.
   * @param {(error: Error) => void} onError
   */
  constructor(source, object, onChange, onError) {
    this.#files = source;
    this.#object = object;
    this.#onChange = onChange;
    this.#onError = onError;
    this.#begun = new Promise((resolve) => (this.#begin = resolve));
  }

  /** Where loaded tiles go; what is asked for before waits for it. */
  set renderer(renderer) {
    this.#renderer = renderer;
    this.#begin();
  }

  /** Width and height of the largest tile, in texels. */
  get tileSize() {
    const { width, height, tiles } = this.#object;
    return tiles ? [tiles.size, tiles.size] : [width, height];
  }

  /**
   * The tiles to draw, in the order to draw them, and requests for those that are missing.
   * @param {number} scale device pixels a pixel of the picture.
   * @param {number[]} seen left, top, right, bottom in pixels of the picture.
   * @param {boolean} normals whether their normals are needed too. Tiles that lack them stand in until they are there.
   * @param {number} coarser how many levels coarser than they could be seen.
   * @returns {{tile: Tile, lod: number, standsIn: boolean}[]} standsIn: until a finer one is there.
   */
  visible(scale, seen, normals, coarser = 0) {
    this.#frame++;
    const detail = detailOf(scale) + coarser;
    const level = Math.min(detail, this.levels - 1);
    const wanted = this.#tilesOf(level, seen);
    const drawn = wanted.map((tile) => this.#best(tile, normals)).filter(Boolean);
    this.#lacking = wanted.some((tile) => !isReady(tile, normals) && !tile.failed);
    for (const tile of drawn) tile.seen = this.#frame;
    this.#abandon(wanted);
    this.#request(wanted.filter((tile) => !isReady(tile, normals)), normals);
    this.#forget();
    const coarseFirst = [...new Set(drawn)].sort((a, b) => b.level - a.level);
    const lodOf = (tile) => (this.#object.tiles ? 0 : Math.min(Math.max(0, detail - tile.level), lastLod(tile)));
    return coarseFirst.map((tile) => ({ tile, lod: lodOf(tile), standsIn: tile.level > level }));
  }

  /** Whether something of what was visible last is yet to come. */
  get isLacking() {
    return this.#lacking;
  }

  /**
   * Loads every tile of a level, or of an area of the picture, one after the other, and calls back with each.
   * @param {number} level
   * @param {boolean} normals
   * @param {(tile: Tile) => void} callback
   * @param {{area?: number[], reach?: number}} options reach: texels around a tile that have to be there as well.
   */
  async forEachTile(level, normals, callback, { area = [0, 0, ...this.sizeOf(0)], reach = 0 } = {}) {
    for (const tile of this.#tilesOf(level, area)) {
      const needed = this.#near(tile, reach);
      for (const each of needed) each.held++;
      try {
        for (const each of needed) await this.#load(each, normals);
        callback(tile);
      } finally {
        for (const each of needed) each.held--;
      }
      this.#forget();
    }
  }

  /** The tiles of its level that are there, itself among them, within so many texels of a tile. */
  around(tile, reach) {
    return this.#near(tile, reach).filter((each) => each.texture);
  }

  #near(tile, reach) {
    const wide = tile.area.map((edge, i) => edge + (i < 2 ? -reach : reach) * 2 ** tile.level);
    return reach ? this.#tilesOf(tile.level, wide) : [tile];
  }

  /** Asks again for what could not be loaded. */
  retry() {
    for (const tile of this.#tiles.values()) tile.failed = false;
  }

  /** Width and height of a level in texels. */
  sizeOf(level) {
    return [this.#object.width, this.#object.height].map((length) => Math.ceil(length / 2 ** level));
  }

  /** How many levels are stored whose tiles are more than a first look. */
  get levels() {
    return this.#object.tiles?.levels ?? 1;
  }

  /** The level that is drawn first. */
  get coarsest() {
    return this.#object.tiles ? this.levels - 1 : this.#object.first;
  }

  #tilesOf(level, [left, top, right, bottom]) {
    const [width, height] = this.sizeOf(level);
    const [tileWidth, tileHeight] = this.tileSize;
    const range = (low, high, size, count) => {
      const first = Math.max(0, Math.floor(low / 2 ** level / size));
      const last = Math.min(Math.ceil(count / size), Math.ceil(high / 2 ** level / size));
      return Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
    };
    const columns = range(left, right, tileWidth, width);
    const rows = range(top, bottom, tileHeight, height);
    return rows.flatMap((row) => columns.map((column) => this.#tile(level, column, row)));
  }

  #tile(level, column, row) {
    const key = `${level}/${column}_${row}`;
    if (!this.#tiles.has(key)) this.#tiles.set(key, this.#newTile(level, column, row));
    return this.#tiles.get(key);
  }

  #newTile(level, column, row) {
    const [width, height] = this.sizeOf(level);
    const [tileWidth, tileHeight] = this.tileSize;
    const texels = [Math.min(tileWidth, width - column * tileWidth), Math.min(tileHeight, height - row * tileHeight)];
    const [left, top] = [column * tileWidth, row * tileHeight];
    const covered = [left, top, left + texels[0], top + texels[1]].map((texel) => texel * 2 ** level);
    const area = this.#object.tiles ? covered : [0, 0, ...this.sizeOf(0)];
    return {
      ...{ level, column, row, area, width: texels[0], height: texels[1] },
      ...{ texture: null, normals: null, turn: Promise.resolve(), pending: 0, held: 0, control: null },
      ...{ failed: false, seen: 0 },
    };
  }

  /** The tile, or the nearest coarser one that is there: with its normals if they are needed, else without. */
  #best(tile, normals) {
    const line = Array.from({ length: this.coarsest + 1 - tile.level }, (_, up) =>
      this.#tile(tile.level + up, tile.column >> up, tile.row >> up),
    );
    return line.find((each) => isReady(each, normals)) ?? line.find((each) => each.texture);
  }

  /** The view has moved on: ends the requests for tiles that it does not show. */
  #abandon(wanted) {
    for (const tile of this.#tiles.values()) {
      if (tile.control && !wanted.includes(tile)) tile.control.abort();
    }
  }

  /** Planes come first, so that there is a picture. */
  #request(missing, normals) {
    for (const tile of missing.filter((each) => !each.pending && !each.failed)) {
      if (this.#requests >= (tile.texture ? MAX_NORMALS_REQUESTS : this.#files.tilesAtOnce)) continue;
      this.#requests++;
      tile.control = new AbortController();
      const { signal } = tile.control;
      this.#load(tile, normals && tile.texture !== null, signal)
        .catch((error) => {
          if (signal.aborted) return;
          tile.failed = true;
          this.#onError(error);
        })
        .finally(() => {
          this.#requests--;
          tile.control = null;
          this.#onChange();
        });
    }
  }

  /** Loads what the tile lacks; one request after the other, so that nothing is loaded twice. */
  #load(tile, normals, signal) {
    tile.pending++;
    tile.turn = tile.turn
      .catch(() => {}) // told to whoever asked then
      .then(() => this.#fetchInto(tile, normals, signal))
      .finally(() => tile.pending--);
    return tile.turn;
  }

  async #fetchInto(tile, normals, signal) {
    const names = tile.texture ? [] : this.#pictureNames(tile);
    const normalsName = normals && !tile.normals ? [this.#name('normals', 'png', tile)] : [];
    const load = (name) => this.#files.bitmap(name, [tile.width, tile.height], signal);
    const bitmaps = await Promise.all([...names, ...normalsName].map(load));
    await this.#begun;
    if (this.#object.tiles) await this.#nextUpload();
    const mipmapped = !this.#object.tiles;
    if (normalsName.length) tile.normals = this.#renderer.uploadNormals(bitmaps.at(-1), mipmapped);
    if (names.length) tile.texture = this.#renderer.upload(bitmaps.slice(0, names.length), mipmapped);
    for (const bitmap of bitmaps) bitmap.close?.();
  }

  /** One tile a frame, so that no frame is blocked by many; the first one at once. */
  #nextUpload() {
    const turn = this.#uploads;
    this.#uploads = turn.then(() => new Promise(requestAnimationFrame));
    return turn;
  }

  #pictureNames(tile) {
    const stems = Array.from({ length: planeFiles(this.#object.decoder) }, (_, i) => `plane_${i + 1}`);
    const { decoder, masked } = this.#object;
    const beside = [...(decoder.experts ? ['labels'] : []), ...(masked ? ['mask'] : [])];
    return [...stems.map((stem) => this.#name(stem, 'jpg', tile)), ...beside.map((stem) => this.#name(stem, 'png', tile))];
  }

  #name(stem, suffix, { level, column, row }) {
    if (!this.#object.tiles) return `${level ? 'first_' : ''}${stem}.${suffix}`;
    return `${stem}_files/${this.levels - 1 - level}/${column}_${row}.png`;
  }

  #forget() {
    const loaded = [...this.#tiles.values()].filter((tile) => tile.texture);
    let texels = loaded.reduce((sum, tile) => sum + this.#texels(tile), 0);
    for (const tile of loaded.sort((a, b) => a.seen - b.seen)) {
      if (texels <= MAX_TEXELS || tile.seen === this.#frame) return;
      if (tile.held) continue;
      texels -= this.#texels(tile);
      this.#renderer.discard(tile);
      tile.texture = tile.normals = null;
    }
  }

  #texels(tile) {
    return tile.width * tile.height * (planeFiles(this.#object.decoder) + 1);
  }
}

function isReady(tile, normals) {
  return tile.texture && (tile.normals || !normals);
}

function lastLod(tile) {
  return Math.floor(Math.log2(Math.max(tile.width, tile.height)));
}
