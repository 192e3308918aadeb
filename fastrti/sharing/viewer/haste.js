/** Where the processor does the work of a graphics card, a large picture takes seconds: a coarser one comes at once. */

const LONG_MS = 100; // a picture that takes longer is drawn coarser until all rests
const FINE_AFTER_MS = 250;
const LEAST_TEXELS = 1 << 18; // fewer are drawn at once anywhere
const POLL_MS = 4;
const TOLD_LATE_MS = 2000; // of marks that are told of at once: after so long the picture itself took most of it

/** Draws pictures of one graphics context, and remembers how long the finest took. */
export class Haste {
  /** Whether the last picture was a coarser one. */
  isCoarse = false;
  #gl;
  #onRest;
  #msPerTexel = 0;
  #timing = false;
  #rest = 0;
  #rests = false;

  /**
   * @param {WebGL2RenderingContext} gl
   * @param {() => void} onRest called when it is time for the finest picture: draw it.
   */
  constructor(gl, onRest) {
    this.#gl = gl;
    this.#onRest = onRest;
  }

  /**
   * Draws.
   * @param {number} texels of the finest picture.
   * @param {boolean} finest whether a coarser one will not do.
   * @param {(coarser: number) => boolean} act draws, so many times by half coarser on each side, and says whether all
   *   was there to draw.
   */
  draw(texels, finest, act) {
    const coarser = finest || this.#rests ? 0 : this.#coarser(texels);
    this.stop();
    this.isCoarse = coarser > 0;
    if (!this.isCoarse) return this.#timed(texels, () => act(0));
    act(coarser);
    this.#rest = setTimeout(() => {
      this.#rests = true;
      this.#onRest();
    }, FINE_AFTER_MS);
  }

  /** Nothing is to come any more. */
  stop() {
    clearTimeout(this.#rest);
    this.#rests = false;
  }

  #coarser(texels) {
    if (texels < LEAST_TEXELS) return 0;
    return Math.max(0, Math.ceil(Math.log2((texels * this.#msPerTexel) / LONG_MS) / 2));
  }

  /**
   * The time between two marks in the queue of the graphics context: what waits before the first does not count. But a
   * busy browser tells of both marks at once, and if it tells late, all the time counts.
   */
  #timed(texels, act) {
    const gl = this.#gl;
    if (this.#timing || texels < LEAST_TEXELS) return act();
    const mark = () => gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    const before = mark();
    if (!act()) return gl.deleteSync(before); // a part says nothing about the whole
    const after = mark();
    gl.flush();
    const asked = performance.now();
    let began = 0;
    const poll = () => {
      const isDone = (sync) => gl.getSyncParameter(sync, gl.SYNC_STATUS) === gl.SIGNALED;
      if (gl.isContextLost()) return (this.#timing = false);
      if (!began && isDone(before)) {
        const now = performance.now();
        began = now - asked > TOLD_LATE_MS && isDone(after) ? asked : now;
      }
      if (!began || !isDone(after)) return setTimeout(poll, POLL_MS);
      this.#msPerTexel = (performance.now() - began) / texels;
      for (const sync of [before, after]) gl.deleteSync(sync);
      return (this.#timing = false);
    };
    this.#timing = true;
    setTimeout(poll);
  }
}
