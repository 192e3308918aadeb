/** The directories of the one kind of TIFF that packs are: docs/object_format.md. Each number is checked. */

/** Side of a tile in pixels. */
export const TILE = 256;
const BLOCK = 1 << 16; // bytes of what is not pixels, read at once
const MAX_BLOCKS = 64; // kept
const MAX_DIRECTORIES = 32;
const MAX_ENTRIES = 64;
const MAX_DESCRIPTION = 24 << 20;
const MAX_LENGTH = 1 << 20;
const MAX_SAMPLES = 64;
const TYPES = { 2: 1, 3: 2, 4: 4, 16: 8 }; // bytes of a value: text, and whole numbers of three sizes

/**
 * @typedef {object} Field of a directory: `count` values of `bytes` bytes each, from `at` on in the file.
 * @property {number} at,count,bytes
 *
 * @typedef {object} Directory a picture of the file.
 * @property {number} kind NewSubfileType.
 * @property {number} width,height,samples
 * @property {number} columns tiles of a row.
 * @property {Field} offsets,counts of the tiles.
 * @property {Map<number, Field>} texts by their tags.
 */

/** Reads what is not pixels, block by block, of which the last used are kept. */
export class Tiff {
  #file;
  #blocks = new Map();

  /** @param {import('./ranged-file.js').RangedFile} file */
  constructor(file) {
    this.#file = file;
  }

  /** @returns {Promise<Directory[]>} in the order of the file. */
  async directories() {
    this.#blocks.set(0, this.#file.head(BLOCK));
    const start = await this.#view(0, 16);
    if (start.getUint32(0, true) !== 0x002b4949 || start.getUint32(4, true) !== 8) {
      this.#file.refuse('expected a packed object, which is a BigTIFF file, got another file: pack it with fastrti');
    }
    const found = [];
    let at = number(start, 8, 8);
    do {
      if (found.length === MAX_DIRECTORIES) this.#refuse(`at most ${MAX_DIRECTORIES} directories`, 'more');
      const [fields, next] = await this.#fields(at);
      found.push(await this.#directory(fields));
      at = next;
    } while (at !== 0);
    return found;
  }

  /** The text of a field. */
  async text(field) {
    const { at, count } = field ?? { count: 'none' };
    if (!(count <= MAX_DESCRIPTION)) this.#refuse(`an info.json of at most ${MAX_DESCRIPTION} bytes`, count);
    return new TextDecoder().decode(await this.#bytes(at, count)).replace(/\0+$/, '');
  }

  /** One value of a field that holds many. */
  async value({ at, bytes }, index) {
    return number(await this.#view(at + index * bytes, bytes), 0, bytes);
  }

  async #fields(at) {
    const count = number(await this.#view(at, 8), 0, 8);
    if (count > MAX_ENTRIES) this.#refuse(`at most ${MAX_ENTRIES} fields in a directory`, count);
    const view = await this.#view(at + 8, 20 * count + 8);
    const fields = new Map();
    for (let i = 0; i < count; i++) {
      const [tag, type] = [view.getUint16(20 * i, true), view.getUint16(20 * i + 2, true)];
      const bytes = TYPES[type];
      if (!bytes) continue;
      const values = number(view, 20 * i + 4, 8);
      const inline = values * bytes <= 8;
      fields.set(tag, { at: inline ? at + 20 + 20 * i : number(view, 20 * i + 12, 8), count: values, bytes });
    }
    return [fields, number(view, 20 * count, 8)];
  }

  async #directory(fields) {
    const one = async (tag, name, low, high = low) => {
      const field = fields.get(tag);
      const value = field?.count ? await this.value(field, 0) : 'none';
      if (!(value >= low && value <= high)) this.#refuse(`${name} from ${low} to ${high}`, value);
      return value;
    };
    const kind = await one(254, 'a kind', 0, 1);
    const width = await one(256, 'a width', 1, MAX_LENGTH);
    const height = await one(257, 'a height', 1, MAX_LENGTH);
    const samples = await one(277, 'samples', 1, MAX_SAMPLES);
    await one(258, 'bits per sample', 8);
    await one(259, 'a compression', 8);
    await one(284, 'a configuration', 1);
    await one(317, 'a predictor', 2);
    await one(322, 'a width of tiles', TILE);
    await one(323, 'a height of tiles', TILE);
    const columns = Math.ceil(width / TILE);
    const tiles = columns * Math.ceil(height / TILE);
    const [offsets, counts] = [fields.get(324), fields.get(325)];
    for (const table of [offsets, counts]) {
      if (table?.count !== tiles) this.#refuse(`${tiles} tiles`, table?.count ?? 'none');
    }
    return { kind, width, height, samples, columns, offsets, counts, texts: fields };
  }

  async #view(at, length) {
    const bytes = await this.#bytes(at, length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  /** Bytes that may lie in two blocks, or more. */
  async #bytes(at, length) {
    const [first, last] = [Math.floor(at / BLOCK), Math.floor((at + length - 1) / BLOCK)];
    const blocks = await Promise.all(Array.from({ length: last - first + 1 }, (_, i) => this.#block(first + i)));
    const joined = blocks.length === 1 ? blocks[0] : new Uint8Array(await new Blob(blocks).arrayBuffer());
    const from = at - first * BLOCK;
    if (from + length > joined.length) this.#refuse('a whole file', 'one that ends too soon');
    return joined.subarray(from, from + length);
  }

  #block(index) {
    const block = this.#blocks.get(index) ?? this.#readBlock(index);
    this.#blocks.delete(index); // and back as the last used
    this.#blocks.set(index, block);
    block.catch(() => this.#blocks.delete(index));
    if (this.#blocks.size > MAX_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value);
    return block;
  }

  async #readBlock(index) {
    const { size } = this.#file;
    if (index * BLOCK >= size) this.#refuse('a whole file', 'one that ends too soon');
    return this.#file.read(index * BLOCK, Math.min((index + 1) * BLOCK, size));
  }

  #refuse(wanted, found) {
    this.#file.refuse(`expected ${wanted}, got ${found}: the file is damaged, copy it again`);
  }
}

/** A whole number of some bytes; numbers that JavaScript cannot hold exactly lie behind the end of every file. */
function number(view, at, bytes) {
  if (bytes === 8) return Number(view.getBigUint64(at, true));
  return bytes === 4 ? view.getUint32(at, true) : view.getUint16(at, true);
}
