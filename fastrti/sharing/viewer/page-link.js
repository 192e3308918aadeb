/** The fragment of the page's address as the state of a viewer: a reload, a bookmark and a copied link keep it. */

import { ObjectError } from './fields.js';

const ADDRESS_REST_MS = 300; // browsers refuse pages that change their address more often than a few times a second

/** Follows the address, and is followed by it. */
export class PageLink {
  #viewer;
  #prefix;
  #timer = 0;
  #written = '';
  #opened = ''; // the state that nobody has changed yet
  #mode = '';
  #follow = () => this.#read();

  /**
   * @param {HTMLElement} viewer
   * @param {string} name tells viewers of one page apart: their keys begin with "name."; '' where there is one.
   */
  constructor(viewer, name) {
    this.#viewer = viewer;
    this.#prefix = name && `${name}.`;
    addEventListener('popstate', this.#follow);
  }

  /** The viewer shows an object: what the address says of it counts. */
  start() {
    this.#mode = this.#viewer.mode;
    if (this.isFollowed) this.#read();
    else this.#opened = this.#viewer.state;
  }

  /** Whether the address says what to show. */
  get isFollowed() {
    return this.#own.length > 0;
  }

  stop() {
    clearTimeout(this.#timer);
    removeEventListener('popstate', this.#follow);
  }

  /** The state has changed. The address follows when it rests. */
  changed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), ADDRESS_REST_MS);
  }

  /** The address that shows what is shown now. */
  get address() {
    return this.addressOf(this.#viewer.state);
  }

  /** The address that shows a state. */
  addressOf(state) {
    const own = [...new URLSearchParams(state)].map(([key, value]) => [this.#prefix + key, value]);
    const url = new URL(location.href);
    url.hash = [...this.#others, ...own].map((pair) => pair.join('=')).join('&');
    return url.href;
  }

  /** Copies the address. */
  async copy() {
    const { address } = this;
    await navigator.clipboard.writeText(address).catch(() => {
      throw new ObjectError(`This browser does not let a page copy: ${address}`);
    });
  }

  /** Another mode is a step of the browser's history; a moved light is not. */
  #write() {
    const address = this.address;
    if (address === location.href || this.#viewer.state === this.#opened) return;
    this.#opened = '';
    const { mode } = this.#viewer;
    history[mode === this.#mode ? 'replaceState' : 'pushState'](history.state, '', address);
    this.#mode = mode;
    this.#written = address;
  }

  #read() {
    if (!this.#viewer.object || location.href === this.#written) return;
    this.#written = location.href;
    this.#viewer.state = this.#own.map(([key, value]) => `${key.slice(this.#prefix.length)}=${value}`).join('&');
    this.#mode = this.#viewer.mode;
  }

  get #keys() {
    return [...new URLSearchParams(location.hash.slice(1))];
  }

  get #own() {
    return this.#keys.filter(([key]) => (this.#prefix ? key.startsWith(this.#prefix) : !key.includes('.')));
  }

  get #others() {
    return this.#keys.filter((pair) => !this.#own.some(([key]) => key === pair[0]));
  }
}
