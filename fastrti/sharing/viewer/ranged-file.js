/** One file of a web server, of which only parts are read: HTTP range requests, RFC 9110, section 14. */

import { ObjectError } from './fields.js';
import { words } from './words.js';

const MAX_GAP = 1 << 14; // bytes between two parts that are read as one
const MAX_JOINED = 1 << 21;
const PART_PATIENCE_MS = 30_000; // for any part; a long one gets more:
const LEAST_RATE = 4; // bytes for each millisecond

/**
 * @typedef {object} Wish of a part.
 * @property {number} start,end
 * @property {(bytes: Uint8Array) => void} give
 * @property {(error: Error) => void} fail
 * @property {AbortSignal|undefined} signal
 */

/** Reads parts of a file. Nothing that a server sends is believed: what does not fit is refused in a sentence. */
export class RangedFile {
  #url;
  #size = null;
  #version = null;
  #wishes = []; // Wish[] of this moment

  /** @param {string} url of the file. */
  constructor(url) {
    this.#url = new URL(url, document.baseURI);
  }

  /** What messages call it. */
  get name() {
    return decodeURIComponent(this.#url.pathname.split('/').at(-1));
  }

  /** Bytes of the whole file; Infinity where a server of another origin keeps it to itself. Known after `head`. */
  get size() {
    return this.#size;
  }

  /** The first bytes: as many as asked for, or all that there are. */
  async head(length) {
    return this.#fetch(0, length, undefined);
  }

  /**
   * A part; parts that are asked for at the same time and lie beside each other come with one request.
   * @param {number} start the first byte.
   * @param {number} end the byte after the last one.
   * @param {AbortSignal} [signal] that nobody needs it any more.
   * @returns {Promise<Uint8Array>}
   */
  read(start, end, signal) {
    if (end > this.#size) this.refuse(`expected ${end} bytes or more, got a file of ${this.#size}: copy it again`);
    return new Promise((give, fail) => {
      if (!this.#wishes.length) setTimeout(() => this.#grant());
      this.#wishes.push({ start, end, give, fail, signal });
    });
  }

  /** @throws {ObjectError} a sentence about this file. */
  refuse(sentence) {
    throw new ObjectError(`${this.name}: ${sentence}.`);
  }

  #grant() {
    const wishes = this.#wishes.sort((a, b) => a.start - b.start).filter(({ signal }) => !signal?.aborted);
    for (const { signal, fail } of this.#wishes) if (signal?.aborted) fail(signal.reason);
    this.#wishes = [];
    const groups = [];
    for (const wish of wishes) {
      const last = groups.at(-1);
      const joins = last && wish.start <= last.end + MAX_GAP && wish.end <= last.start + MAX_JOINED;
      if (!joins) groups.push({ start: wish.start, end: wish.end, wishes: [wish] });
      else {
        last.end = Math.max(last.end, wish.end);
        last.wishes.push(wish);
      }
    }
    for (const group of groups) this.#fulfil(group);
  }

  /** One request for the wishes of a group; it ends when nobody wishes it any more. */
  async #fulfil({ start, end, wishes }) {
    const control = new AbortController();
    const check = () => wishes.every(({ signal }) => signal?.aborted) && control.abort();
    for (const { signal } of wishes) signal?.addEventListener('abort', check);
    try {
      const bytes = await this.#fetch(start, end, control);
      for (const wish of wishes) wish.give(bytes.subarray(wish.start - start, wish.end - start));
    } catch (error) {
      for (const wish of wishes) wish.fail(error);
    } finally {
      for (const { signal } of wishes) signal?.removeEventListener('abort', check);
    }
  }

  /** The bytes from `start` to before `end`; fewer only where they are the first and the file ends. */
  async #fetch(start, end, control = new AbortController()) {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      control.abort();
    }, PART_PATIENCE_MS + (end - start) / LEAST_RATE);
    try {
      const headers = { Range: `bytes=${start}-${end - 1}` };
      const response = await fetch(this.#url, { headers, signal: control.signal });
      const length = this.#check(response, start, end);
      return await this.#body(response, length);
    } catch (error) {
      if (late) this.refuse('expected a part of the file, got none in time: check the connection');
      if (error instanceof ObjectError || control.signal.aborted) throw error;
      this.refuse(`expected a part of the file at ${this.#url}, got no whole answer (${error.message}): check the connection`);
    } finally {
      clearTimeout(timer);
      control.abort(); // an answer that was refused is not read on
    }
  }

  /** How many bytes an answer is to have, if it is what was asked for. */
  #check(response, start, end) {
    if (response.status === 404) throw new ObjectError(`${words.missing} (${this.#url})`);
    if (response.status === 200) {
      this.refuse(
        'expected a web server that sends parts of a file (range requests), got one that sends all of it: ' +
          'use another server, or export the object as tiles',
      );
    }
    if (response.status !== 206) this.refuse(`expected a part of the file (206), got the answer ${response.status}`);
    if (response.headers.get('Content-Encoding')) this.refuse('expected the bytes as they are, got compressed ones');
    const [from, last, size] = this.#place(response, start, end);
    const wanted = Math.min(end, size) - 1;
    if (from !== start || last !== wanted) {
      this.refuse(`expected the bytes ${start} to ${wanted}, got ${from} to ${last}: the server answers wrongly`);
    }
    const version = response.headers.get('ETag') ?? response.headers.get('Last-Modified');
    const known = Number.isFinite(this.#size ?? Infinity);
    if (this.#size !== null && (version !== this.#version || (known && size !== this.#size))) {
      this.refuse('expected the file that was opened, got a newer one: load the page again');
    }
    [this.#size, this.#version] = [size, version];
    return last + 1 - start;
  }

  /** First and last byte of an answer, and the size of the file; other origins may keep them to themselves. */
  #place(response, start, end) {
    const place = response.headers.get('Content-Range');
    if (place === null && response.type === 'cors') {
      const stop = start + Number(response.headers.get('Content-Length'));
      return [start, stop - 1, stop < end ? stop : (this.#size ?? Infinity)];
    }
    const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(place);
    if (!match) this.refuse(`expected an answer with Content-Range, got ${place}: the server answers wrongly`);
    return match.slice(1).map(Number);
  }

  async #body(response, length) {
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done && at === length) return bytes;
      if (done || at + value.length > length) {
        this.refuse(`expected ${length} bytes, got ${done ? at : 'more'}: the server answers wrongly`);
      }
      bytes.set(value, at);
      at += value.length;
    }
  }
}
