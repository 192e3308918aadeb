/** The tools of one object, which are fetched when they are first used. */

/** Stays closed until a tool is wanted. */
export class Toolbox {
  /** @type {import('./tools.js').Tools|null} */
  tools = null;
  #on;
  #place;
  #ready = null;
  #closed = false;

  /**
   * @param {import('./tools.js').Worked} on
   * @param {(elements: Element[]) => void} place puts what the tools show over the picture.
   */
  constructor(on, place) {
    this.#on = on;
    this.#place = place;
  }

  /** Does something with the tools, as soon as they and the notes of the object are there. */
  async use(act) {
    try {
      await (this.#ready ??= this.#fetch());
      if (!this.#closed) act(this.tools);
    } catch (error) {
      if (!this.#closed) this.#on.failed(error);
    }
  }

  /** Ends it with its object. */
  close() {
    this.#closed = true;
    this.tools?.close();
    for (const element of this.tools?.elements ?? []) element.remove();
    this.tools = null;
  }

  async #fetch() {
    const tools = new (await import('./tools.js')).Tools(this.#on);
    if (this.#closed) return;
    this.tools = tools;
    this.#place(tools.elements);
    await tools.load();
  }
}
