/**
 * WebGL contexts, of which a browser grants a page some sixteen and then takes the oldest away. Viewers share them: one
 * that is complete leaves a still picture behind when another needs its turn, those out of sight before those in sight.
 */

const MAX_CONTEXTS = 12;
const ASKED_MS = 2; // requests leave before the browser makes a context, which blocks the page

const live = new Set(); // Contexts, least recently used first
const waiting = new Map(); // Context → what tells it that its turn has come

function serveWaiting() {
  for (const [context, begin] of waiting) {
    if (live.size >= MAX_CONTEXTS) {
      const idle = [...live].filter(({ holder }) => holder.isIdle());
      const last = idle.find(({ holder }) => !holder.isSeen()) ?? idle[0];
      if (!last) return;
      last.holder.giveBack();
    }
    waiting.delete(context);
    live.add(context);
    begin();
  }
}

/**
 * @typedef {object} Holder
 * @property {() => boolean} isIdle whether a still picture may take the place of what it draws.
 * @property {() => boolean} isSeen whether a person sees it.
 * @property {() => void} giveBack ends with `Context.giveBack()`.
 * @property {() => void} onLost called when the browser has taken the context away.
 * @property {() => void} onRestored called when the browser has given it back: `take` it.
 */

/** The context of one canvas, which may come and go. */
export class Context {
  #canvas;
  #extension = null;
  #state = 'free'; // 'live'; 'given' back; 'lost': taken away
  #dropped = Promise.resolve(); // whether the browser knows that a context was given back
  #onDropped = null;
  #onRestored = null;

  /**
   * @param {HTMLCanvasElement} canvas without a context yet.
   * @param {Holder} holder
   */
  constructor(canvas, holder) {
    this.#canvas = canvas;
    this.holder = holder;
    canvas.addEventListener('webglcontextlost', (event) => this.#lose(event));
    canvas.addEventListener('webglcontextrestored', () => this.#restore());
  }

  /** Whether it can be drawn with. */
  get isLive() {
    return this.#state === 'live';
  }

  /**
   * Waits for a turn, and for the browser; whatever the context held before is gone.
   * @param {() => void} ask what is needed with it: called when its turn has come.
   */
  async take(ask) {
    if (!live.has(this)) {
      await new Promise((begin) => {
        waiting.set(this, begin);
        serveWaiting();
      });
    }
    ask();
    await new Promise((next) => setTimeout(next, ASKED_MS));
    if (this.#state === 'given') {
      await this.#dropped;
      this.#extension.restoreContext();
    }
    if (this.#state !== 'free') await new Promise((resolve) => (this.#onRestored = resolve));
    const gl = this.#canvas.getContext('webgl2', { alpha: false, antialias: false, powerPreference: 'high-performance' });
    this.#extension = gl?.getExtension('WEBGL_lose_context');
    this.#state = 'live';
    return gl;
  }

  /** It was used now: others are to give theirs back before. */
  touch() {
    if (live.delete(this)) live.add(this);
    if (waiting.size) serveWaiting();
  }

  /** Leaves its turn to others until it is taken again. */
  giveBack() {
    live.delete(this);
    waiting.delete(this);
    if (this.#state === 'live') {
      this.#state = 'given';
      this.#dropped = new Promise((resolve) => (this.#onDropped = resolve));
      this.#extension?.loseContext();
    }
    if (waiting.size) queueMicrotask(serveWaiting);
  }

  #lose(event) {
    event.preventDefault(); // else it cannot come back
    this.#onDropped?.();
    if (this.#state !== 'live') return;
    this.#state = 'lost';
    live.delete(this);
    this.holder.onLost();
  }

  #restore() {
    this.#state = 'free';
    if (this.#onRestored) this.#onRestored();
    else this.holder.onRestored();
    this.#onRestored = null;
  }
}
