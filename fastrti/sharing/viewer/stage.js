/** The stage: one object on a canvas of its own, which takes turns with the other viewers of the page. */

import { Context } from './contexts.js';
import { make } from './controls.js';
import { Scene } from './scene.js';

const PATIENCE_MS = 200; // what comes sooner is not announced

/**
 * @typedef {object} Audience who is told.
 * @property {() => void} onChange there is something new to draw: call `draw` with the next frame.
 * @property {() => void} onDrawn the picture was drawn.
 * @property {() => void} onAwake there is a picture again.
 * @property {(what: string) => void} onWaiting the lit picture waits for normals: 'computing', 'loading', or '' no more.
 * @property {() => void} onLost the graphics driver took the picture away.
 * @property {(error: Error) => void} onMiss a part of the object is missing, but there is a picture.
 * @property {(error: Error) => void} onFail there is no picture.
 * @property {() => boolean} isMoving whether every frame is another picture.
 * @property {() => boolean} isSeen whether a person sees it, as far as the browser knows.
 */

/** Draws while it has a context; a still picture stands in where others have it. */
export class Stage {
  /** The canvas to place; a still picture of it is placed after it. */
  canvas = make('canvas', { tabindex: 0, role: 'img' });
  #scene;
  #context;
  #audience;
  #still = null;
  #waking = null;
  #uses = 0; // of the scene that are not done
  #waits = false; // for normals
  #closed = false;

  /**
   * @param {import('./files.js').Files} files
   * @param {import('./object.js').RtiObject} object
   * @param {Audience} audience
   */
  constructor(files, object, audience) {
    this.#audience = audience;
    const { onChange } = audience;
    this.#scene = new Scene(this.canvas, files, object, onChange, (error) => !this.#closed && this.#miss(error));
    this.#context = new Context(this.canvas, {
      isIdle: () => !this.#waking && !audience.isMoving() && !this.#uses && this.#scene.isComplete,
      isSeen: audience.isSeen,
      giveBack: () => this.#sleep(),
      onLost: () => this.#lose(),
      onRestored: () => !this.#closed && onChange(),
    });
  }

  /** The scene, to be told what has changed. */
  get scene() {
    return this.#scene;
  }

  /** Gets the context, and draws the first picture; ticks when it is compiled and loaded. */
  wake(tick = () => {}) {
    this.#waking ??= this.#wakeUp(tick);
    return this.#waking;
  }

  /** Draws, or asks for the context first. */
  draw() {
    if (!this.#context.isLive) {
      if (this.#audience.isSeen() && !this.#waking) this.wake();
    } else if (!this.#waking) {
      this.#scene.draw();
      this.#context.touch();
      this.#audience.onDrawn();
      this.#announceNormals();
    }
  }

  /**
   * What an act on the scene gives, which needs the context as long as it takes.
   * @param {(scene: Scene) => Promise} act
   */
  async use(act) {
    this.#uses++;
    try {
      if (!this.#context.isLive) await this.wake();
      return await act(this.#scene);
    } finally {
      this.#uses--;
    }
  }

  /** Ends it for good. */
  close() {
    this.#closed = true;
    this.#scene.stop();
    this.#context.giveBack();
    this.#endStill();
    this.canvas.remove();
  }

  /** Says what the lit picture waits for. */
  async #announceNormals() {
    const waits = this.#scene.waitsForNormals;
    if (waits === this.#waits) return;
    this.#waits = waits;
    if (!waits) return this.#audience.onWaiting('');
    const [computes] = await Promise.all([
      this.#scene.computesNormals().catch(() => false), // the file itself brings the error
      new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
    ]);
    if (this.#waits && !this.#closed) this.#audience.onWaiting(computes ? 'computing' : 'loading');
  }

  #miss(error) {
    this.#waits = false;
    this.#audience.onMiss(error);
  }

  async #wakeUp(tick) {
    try {
      const gl = await this.#context.take(() => this.#scene.ask());
      if (this.#closed) return this.#context.giveBack();
      this.#scene.start(gl);
      tick('compiled');
      await this.#scene.load();
      tick('loaded');
      if (this.#closed || !this.#context.isLive) return;
      this.#waking = null;
      this.#endStill();
      this.#audience.onAwake();
      this.draw();
    } catch (error) {
      if (!this.#closed && this.#context.isLive) this.#audience.onFail(error); // else it was lost: it comes back
    } finally {
      this.#waking = null;
    }
  }

  /** Leaves a still picture and gives the context back. */
  #sleep() {
    this.#scene.draw(true); // a canvas can be copied only in the task that drew it
    this.#still = make('canvas', { class: 'still', width: this.canvas.width, height: this.canvas.height });
    this.#still.getContext('2d').drawImage(this.canvas, 0, 0);
    this.canvas.after(this.#still);
    this.#scene.stop();
    this.#context.giveBack();
  }

  #endStill() {
    this.#still?.remove();
    this.#still = null;
  }

  #lose() {
    if (this.#closed) return;
    this.#scene.stop();
    this.#waking = null;
    this.#audience.onLost();
  }
}
