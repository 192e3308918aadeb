/** `<rti-viewer src="folder">`: shows a relightable object whose light is dragged. */

import { Controls, make } from './controls.js';
import { unitLight } from './decoders.js';
import { ObjectError } from './fields.js';
import { Files } from './files.js';
import { followKeys, followPointers } from './interaction.js';
import { LightBall } from './light-ball.js';
import { openObject } from './object.js';
import { Scene } from './scene.js';
import { MODES } from './shaders.js';
import { STYLE } from './style.js';

const LABEL = 'Relightable picture. Arrow keys move the light, Shift and arrow keys the picture, + and − zoom.';
const SWEEP_SECONDS = 8;
const SWEEP_RADIUS = 0.7; // of the widest photographed light, where the light is too close to the camera to turn
const NOTICE_MS = 6000;

/**
 * Attributes: `src`, the object's folder, or `#id` of a JSON script that inlines its files; `light`, "x,y".
 * Events: `rti-load`, `rti-light`, `rti-error` (its `detail` the message).
 */
export class RtiViewer extends HTMLElement {
  static observedAttributes = ['src'];

  /** The object that is shown, or null. */
  object = null;
  /** When opening reached each step, in milliseconds. */
  timings = {};
  /** The files of the object that is opened last. */
  files = null;
  #scene = null;
  #light = [0, 0, 1];
  #mode = 'relight';
  #gain = 1.5;
  #panning = false;
  #sweep = 0; // when the light last moved; 0 = it stands
  #frame = 0;
  #openings = 0;
  #ball = null;
  #canvas = null;
  #moves = this.#makeMoves();
  #controls = new Controls(this.#buttons(), (mode) => (this.mode = mode), (gain) => (this.gain = gain));
  #resize = new ResizeObserver(() => this.#fitCanvas());

  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).append(make('style', {}, STYLE), ...this.#controls.elements);
    this.#controls.showMode(this.#mode, this.#gain);
    followKeys(this, this.#moves);
  }

  connectedCallback() {
    this.#resize.observe(this);
    this.#open();
  }

  disconnectedCallback() {
    this.#resize.disconnect();
    this.#close();
  }

  attributeChangedCallback() {
    if (this.isConnected && this.#openings > 0) this.#open(); // before, connectedCallback is yet to come
  }

  // --- what a page may use -------------------------------------------------------------------------------------------

  /** The unit vector of the light; set it to (x, y) or (x, y, z). */
  get light() {
    return this.#light;
  }

  set light(light) {
    this.#light = unitLight(light);
    this.#ball?.show(this.#light);
    this.dispatchEvent(new CustomEvent('rti-light', { detail: this.#light }));
    this.#update();
  }

  /** What is shown: "relight", "diffuse", "specular" or "normals". */
  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    if (!(mode in MODES)) throw new RangeError(`expected a mode of ${Object.keys(MODES).join(', ')}, got ${mode}`);
    this.#mode = mode;
    this.#scene?.retry();
    this.#controls.showMode(mode, this.#gain);
    this.#update();
  }

  /** Strength of the diffuse and specular modes, 1 to 5. */
  get gain() {
    return this.#gain;
  }

  set gain(gain) {
    this.#gain = gain;
    this.#update();
  }

  /** Pan and zoom of the object that is shown; call `redraw` after a change. */
  get view() {
    return this.#scene?.view;
  }

  /** What the JavaScript of the last light change took up to the draw call, in milliseconds. */
  get lightMs() {
    return this.#scene?.lightMs;
  }

  /** Draws with the next frame. */
  redraw() {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.#sweep) this.#turn(now);
      this.#draw();
    });
  }

  /** Starts or ends the light's way around the object. */
  toggleSweep() {
    this.#sweep = this.#sweep ? 0 : performance.now();
    this.#controls.press('sweep', this.#sweep > 0);
    if (Math.hypot(this.#light[0], this.#light[1]) < 0.2) this.#moveLight(SWEEP_RADIUS * this.#reach, 0);
    this.redraw();
  }

  /**
   * The whole picture under the present light, at full resolution or the finest that fits a canvas.
   * @returns {Promise<HTMLCanvasElement>}
   */
  picture() {
    return this.#scene.picture();
  }

  /** Saves `picture()` as a PNG. */
  async snapshot() {
    this.#controls.say('Making the picture …');
    const canvas = await this.picture();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    const link = make('a', { href: URL.createObjectURL(blob), download: `${this.object.title || 'rti'}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), NOTICE_MS);
    this.#controls.say('');
  }

  // --- opening -------------------------------------------------------------------------------------------------------

  async #open() {
    const began = performance.now();
    const tick = (name) => (this.timings[name] = performance.now() - began);
    this.#close();
    const opening = this.#openings; // another one may begin while this one waits
    const source = this.getAttribute('src');
    if (source === null) return;
    this.#controls.say('Opening …');
    try {
      const inlined = source[0] === '#' && JSON.parse(document.querySelector(source).textContent);
      const files = (this.files = new Files(source, inlined));
      const object = await openObject(files);
      if (opening !== this.#openings) return;
      tick('described');
      this.#show(files, object);
      tick('compiled');
      await this.#scene.load();
      if (opening !== this.#openings) return;
      tick('loaded');
      this.#controls.say('');
      this.#draw();
      tick('drawn');
      this.dispatchEvent(new CustomEvent('rti-load'));
    } catch (error) {
      if (opening === this.#openings) this.#fail(error);
    }
  }

  #show(files, object) {
    const opening = this.#openings;
    const notify = (error) => opening === this.#openings && this.#notify(error);
    this.#newCanvas();
    this.#scene = new Scene(this.#canvas, files, object, () => this.redraw(), notify);
    this.object = object;
    this.#ball = new LightBall(object.lights, (x, y) => this.#moveLight(x, y));
    this.#controls.showObject(object, this.#ball.element);
    this.light = this.#firstLight();
    this.#fitCanvas();
  }

  #close() {
    this.#openings++;
    this.#scene?.dispose();
    this.object = this.#scene = this.#ball = null;
    this.timings = {};
    this.#sweep = 0;
    this.#controls.press('sweep', false);
    this.#controls.showObject(null, null);
  }

  /** The one the page names, the one the last object had, or one from the top left. */
  #firstLight() {
    const named = this.getAttribute('light');
    if (named !== null) return named.split(',').map(Number);
    return this.#light[2] < 1 ? this.#light : [-0.45 * this.#reach, 0.45 * this.#reach];
  }

  /** A fresh canvas: a graphics context belongs to one object only. */
  #newCanvas() {
    const canvas = make('canvas', { tabindex: 0, role: 'img', 'aria-label': LABEL });
    followPointers(canvas, this.#moves);
    canvas.addEventListener('webglcontextlost', () => {
      if (this.#scene && canvas === this.#canvas) {
        this.#fail(new ObjectError('The graphics driver dropped the picture: reload the page.'));
      }
    });
    canvas.classList.toggle('hand', this.#panning);
    this.#canvas?.remove();
    this.#canvas = canvas;
    this.shadowRoot.prepend(canvas);
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  /** Tells the scene what has changed. */
  #update() {
    if (this.#scene) Object.assign(this.#scene, { light: this.#light, mode: this.#mode, gain: this.#gain });
    this.redraw();
  }

  #draw() {
    if (!this.#scene) return;
    this.#scene.draw();
    const { mmPerPixel } = this.object;
    this.#controls.showScale(mmPerPixel && (mmPerPixel / this.view.scale) * devicePixelRatio);
  }

  #fitCanvas() {
    this.#scene?.resize(this.clientWidth * devicePixelRatio, this.clientHeight * devicePixelRatio);
    this.#draw(); // at once: a resized canvas is empty
  }

  // --- moving --------------------------------------------------------------------------------------------------------

  /** How far from the middle the light may be dragged: to the widest photographed one. */
  get #reach() {
    return this.object.lights.reduce((most, [x, y]) => Math.max(most, Math.hypot(x, y)), 0) || 1;
  }

  #moveLight(x, y) {
    const shrink = Math.min(1, this.#reach / Math.hypot(x, y));
    this.light = [x * shrink, y * shrink];
  }

  #turn(now) {
    const [x, y] = this.#light;
    const angle = Math.atan2(y, x) - ((now - this.#sweep) / 1000 / SWEEP_SECONDS) * 2 * Math.PI;
    this.#sweep = now;
    this.light = [Math.hypot(x, y) * Math.cos(angle), Math.hypot(x, y) * Math.sin(angle)];
  }

  /** @returns {import('./interaction.js').Moves} */
  #makeMoves() {
    const moveView = (move) => {
      if (!this.object) return;
      move(this.view);
      this.redraw();
    };
    const inPixels = (length) => length && length * devicePixelRatio;
    return {
      light: (dx, dy) => this.object && this.#moveLight(this.#light[0] + dx, this.#light[1] + dy),
      pan: (dx, dy) => moveView((view) => view.pan(inPixels(dx), inPixels(dy))),
      zoom: (factor, x, y) => moveView((view) => view.zoom(factor, inPixels(x), inPixels(y))),
      panning: () => this.#panning,
      keys: {
        0: () => moveView((view) => view.fit()),
        1: () => moveView((view) => view.zoom(1 / view.scale)),
        h: () => this.#togglePanning(),
        s: () => this.object && this.toggleSweep(),
        m: () => (this.mode = nextMode(this.#mode)),
        p: () => this.object && this.snapshot().catch((error) => this.#notify(error)),
        f: () => (document.fullscreenElement ? document.exitFullscreen() : this.requestFullscreen()),
      },
    };
  }

  #buttons() {
    const { keys, zoom } = this.#moves;
    return {
      fit: ['Whole picture (0)', keys[0]],
      actual: ['One to one (1)', keys[1]],
      out: ['Zoom out (−)', () => zoom(0.8)],
      in: ['Zoom in (+)', () => zoom(1.25)],
      hand: ['Drag moves the picture instead of the light (H)', keys.h],
      sweep: ['Light sweep (S)', keys.s],
      snapshot: ['Save as PNG (P)', keys.p],
      fullscreen: ['Full screen (F)', keys.f],
    };
  }

  #togglePanning() {
    this.#panning = !this.#panning;
    this.#canvas.classList.toggle('hand', this.#panning);
    this.#controls.press('hand', this.#panning);
  }

  // --- words ---------------------------------------------------------------------------------------------------------

  /** The object cannot be shown. */
  #fail(error) {
    this.#close();
    this.#report(error);
  }

  /** Something is missing, but there is a picture. */
  #notify(error) {
    this.#report(error);
    if (this.#mode !== 'relight') this.mode = 'relight';
    setTimeout(() => this.object && this.#controls.say(''), NOTICE_MS);
  }

  #report(error) {
    const message = error instanceof ObjectError ? error.message : `The viewer failed: ${error.message}`;
    this.#controls.say(message, 'alert');
    this.dispatchEvent(new CustomEvent('rti-error', { detail: message }));
  }
}

function nextMode(mode) {
  const modes = Object.keys(MODES);
  return modes[(modes.indexOf(mode) + 1) % modes.length];
}

// A page may load the scripts from two exports.
if (!customElements.get('rti-viewer')) customElements.define('rti-viewer', RtiViewer);
