/** A packed object: one tiled BigTIFF on a web server, of which only what is seen is read. docs/object_format.md. */

import { ObjectError } from './fields.js';
import { RangedFile } from './ranged-file.js';
import { TILE, Tiff } from './tiff.js';

const INFO_TAG = 65000; // tags of info.json
const ANNOTATIONS_TAG = 65001; // and annotations.json
const TILE_NAME = /^(?:plane_(\d+)|(mask|labels)|(normals))_files\/(\d+)\/(\d+)_(\d+)\.png$/;

/** @returns {Promise<Pack>} the reader of a file, whose directories are checked. */
export async function openPack(url) {
  const file = new RangedFile(url);
  const tiff = new Tiff(file);
  const directories = await tiff.directories();
  const info = await tiff.text(directories[0].texts.get(INFO_TAG));
  return new Pack(file, tiff, directories, info);
}

/** Gives the parts of a packed object by the names that they have in a folder of tiles. */
class Pack {
  #file;
  #tiff;
  #info;
  #annotations;
  #planes; // Directory[], the finest level first
  #normals; // the same, or none
  #planeCount;
  #labels; // 1 if a sample of labels follows the planes
  #tiles = new Map(); // promises of the samples of tiles that are on their way

  constructor(file, tiff, directories, info) {
    this.#file = file;
    this.#tiff = tiff;
    try {
      this.#info = JSON.parse(info);
    } catch (error) {
      file.refuse(`expected an info.json in the file, got one that does not parse (${error.message})`);
    }
    const { width, height } = directories[0];
    const levels = 1 + directories.findIndex((each) => Math.max(each.width, each.height) <= TILE);
    this.#planes = this.#levels(directories.slice(0, levels || 1), levels);
    this.#normals = this.#levels(directories.slice(levels), directories.length > levels ? levels : 0);
    this.#planeCount = Number(this.#info?.planes);
    this.#labels = Number(this.#info?.fastrti === 2);
    const spare = this.#planes[0].samples - this.#planeCount - this.#labels;
    const fits = this.#info?.width === width && this.#info.height === height && (spare === 0 || spare === 1);
    if (!fits) file.refuse('expected planes as its info.json says, got others: pack the object again');
    if (this.#normals.length && this.#normals[0].samples !== 3) file.refuse('expected normals of three samples, got others');
    this.#annotations = directories[0].texts.get(ANNOTATIONS_TAG);
  }

  /** What a web server would answer that has the object's folder: its texts, and whether it has a mask and normals. */
  async answer(name) {
    if (name === 'info.json') {
      return new Response(JSON.stringify({ ...this.#info, tiles: { size: TILE, levels: this.#planes.length } }));
    }
    if (name === 'annotations.json' && this.#annotations) return new Response(await this.#tiff.text(this.#annotations));
    const has = name === 'mask.dzi' ? this.#masked : name === 'normals.dzi' && this.#normals.length > 0;
    return new Response(null, { status: has ? 200 : 404 });
  }

  /**
   * The pixels of a tile.
   * @param {string} name as in a folder: "plane_1_files/0/0_0.png", where 0 is the coarsest level.
   * @param {number[]} size of what the tile has of the picture.
   * @param {AbortSignal} [signal]
   * @returns {Promise<ImageData>}
   */
  async bitmap(name, [width, height], signal) {
    const [plane, beside, normals, level, column, row] = TILE_NAME.exec(name).slice(1);
    const directory = (normals ? this.#normals : this.#planes).at(-1 - level);
    if (!directory) throw new ObjectError(`${this.#file.name}: expected normals in the file, got none: pack them too.`);
    const samples = await this.#samples(directory, Number(row) * directory.columns + Number(column), signal);
    const sample = beside === 'mask' ? directory.samples - 1 : this.#planeCount;
    if (beside) return picture(samples, directory.samples, [sample, sample, sample], width, height);
    const first = plane ? 3 * (plane - 1) : 0;
    const end = normals ? 3 : this.#planeCount;
    return picture(samples, directory.samples, [first, first + 1, first + 2].map((k) => (k < end ? k : -1)), width, height);
  }

  get #masked() {
    return this.#planes[0].samples > this.#planeCount + this.#labels;
  }

  /** The directories of a pyramid, if they are one. */
  #levels(directories, count) {
    const [{ width, height }] = this.#planes ?? directories;
    const fits = ({ kind, samples, ...size }, level) =>
      kind === Math.min(level, 1) &&
      samples === directories[0].samples &&
      size.width === Math.ceil(width / 2 ** level) &&
      size.height === Math.ceil(height / 2 ** level);
    if (directories.length === count && directories.every(fits)) return directories;
    return this.#file.refuse('expected levels that are each half of the one before, got others: pack the object again');
  }

  /** All samples of a tile; who asks for the next picture of it at the same time waits for the same bytes. */
  #samples(directory, index, signal) {
    const key = `${directory.offsets.at}/${index}`;
    if (!this.#tiles.has(key)) {
      const reading = this.#read(directory, index, signal).finally(() => this.#tiles.delete(key));
      this.#tiles.set(key, reading);
    }
    return this.#tiles.get(key);
  }

  async #read({ offsets, counts, samples }, index, signal) {
    const [start, count] = await Promise.all([offsets, counts].map((field) => this.#tiff.value(field, index)));
    const length = TILE * TILE * samples;
    if (count === 0 || count > 2 * length) {
      this.#file.refuse(`expected a tile of 1 to ${2 * length} bytes, got ${count}: the file is damaged, copy it again`);
    }
    const bytes = await this.#file.read(start, start + count, signal);
    const values = await inflated(bytes, length).catch(() => null);
    if (!values) this.#file.refuse(`expected the bytes of tile ${index}, got others: the file is damaged, copy it again`);
    return summed(values, samples);
  }
}

/** What a zlib stream holds, whose checksum is right; null where that is more or less than `length` bytes. */
async function inflated(bytes, length) {
  const values = new Uint8Array(length);
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  for (let at = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return at === length ? values : null;
    if (at + value.length > length) return reader.cancel().then(() => null);
    values.set(value, at);
    at += value.length;
  }
}

/** Bytes that were stored minus those of the pixel before them in their row. */
function summed(values, samples) {
  const row = TILE * samples;
  for (let start = 0; start < values.length; start += row) {
    for (let at = start + samples; at < start + row; at++) values[at] += values[at - samples];
  }
  return values;
}

/** Three of the samples as a picture; -1 stands for zeros. */
function picture(samples, count, [red, green, blue], width, height) {
  const image = new ImageData(width, height);
  const { data } = image;
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0, from = y * TILE * count; x < width; x++, from += count, to += 4) {
      data[to] = red < 0 ? 0 : samples[from + red];
      data[to + 1] = green < 0 ? 0 : samples[from + green];
      data[to + 2] = blue < 0 ? 0 : samples[from + blue];
      data[to + 3] = 255;
    }
  }
  return image;
}
