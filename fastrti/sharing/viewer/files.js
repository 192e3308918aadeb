/** The files of an object: beside its info.json on a server, or inlined in the page as data: URLs. */

import { ObjectError } from './fields.js';
import { words } from './words.js';

const PACKED = /^[^#?]*\.tiff?([?#]|$)/i;

/** Fetches an object's files by name. */
export class Files {
  #base;
  #inlined;
  #pack; // a promise of the reader, where the object is one file
  /** For a page that inlines its object: (name) => the URL, or a promise of the URL, of a file that it lacks. */
  find;

  /**
   * @param {string} source the folder that holds info.json, or the one file of a packed object, or "#id" of a script that
   *   inlines its files as JSON: their data: URLs by name.
   */
  constructor(source) {
    if (PACKED.test(source)) this.#pack = readPack(source);
    this.#base = new URL(source.endsWith('/') ? source : `${source}/`, document.baseURI);
    this.#inlined = source[0] === '#' && inlinedFiles(source);
  }

  /** How many tiles are best asked for at once: of one file, neighbours come together. */
  get tilesAtOnce() {
    return this.#pack ? 24 : 4;
  }

  /** The text of a file. */
  async text(name) {
    return (await this.#blob(name)).text();
  }

  /** The parsed object of a JSON file. */
  async json(name) {
    const text = await this.text(name);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new ObjectError(`${name}: expected JSON, got a file that does not parse (${error.message}).`);
    }
  }

  /**
   * The pixels of a picture, neither colour-converted nor multiplied by alpha.
   * @param {number[]} size expected width and height.
   * @param {AbortSignal} [signal] that nobody needs it any more.
   * @returns {Promise<ImageBitmap|ImageData>}
   */
  async bitmap(name, [width, height], signal) {
    if (this.#pack) return (await this.#pack).bitmap(name, [width, height], signal);
    const blob = await this.#blob(name, signal);
    const options = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };
    const bitmap = await createImageBitmap(blob, options).catch(() => {
      throw new ObjectError(`${name}: expected a PNG or JPEG picture, got a damaged file.`);
    });
    if (bitmap.width === width && bitmap.height === height) return bitmap;
    throw new ObjectError(
      `${name}: expected a picture of ${width}×${height}, as info.json says, got ${bitmap.width}×${bitmap.height}.`,
    );
  }

  /** Whether a file is there. */
  async has(name) {
    if (this.#inlined) return name in this.#inlined;
    return (await this.#fetch(name, { method: 'HEAD' })).ok;
  }

  /** Whether a file that is not there yet is computed by whoever serves the object: it comes to who asks for it. */
  async isInTheMaking(name) {
    if (this.#inlined) return !(name in this.#inlined) && Boolean(this.find);
    return (await this.#fetch(name, { method: 'HEAD' })).status === 202;
  }

  async #blob(name, signal) {
    const response = await this.#fetch(name, { signal });
    if (response.ok) return response.blob();
    if (name === 'info.json' && response.status === 404) throw new ObjectError(`${words.missing} (${this.#base})`);
    throw new ObjectError(`${name}: expected a file of the object, got the answer ${response.status}.`);
  }

  async #fetch(name, options) {
    if (this.#pack) return (await this.#pack).answer(name);
    const url = this.#inlined ? (this.#inlined[name] ?? (await this.find?.(name))) : new URL(name, this.#base);
    if (!url) return new Response(null, { status: 404 });
    return fetch(url, options).catch((error) => {
      if (options?.signal?.aborted) throw error;
      const remedy = location.protocol === 'file:' ? ': browsers open folders from a web server only' : '';
      throw new ObjectError(`${name}: expected a file at ${url}, got no answer${remedy}.`);
    });
  }
}

async function readPack(source) {
  return (await import('./pack.js')).openPack(source);
}

function inlinedFiles(source) {
  try {
    return JSON.parse(document.getElementById(source.slice(1)).textContent);
  } catch {
    throw new ObjectError(`${source}: expected a script of that id with the files of the object as JSON, got none.`);
  }
}
