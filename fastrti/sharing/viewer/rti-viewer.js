/** `<rti-viewer src="folder">`: shows a relightable object whose light is dragged. */

import { Context } from './contexts.js';
import { Controls, make } from './controls.js';
import { ObjectError } from './fields.js';
import { Files } from './files.js';
import { followKeys, followPointers } from './interaction.js';
import { LightBall } from './light-ball.js';
import { openObject } from './object.js';
import { Scene } from './scene.js';
import { MODES } from './shaders.js';
import { STYLE } from './style.js';
import { readGain, readLight, readMode, readSource } from './values.js';

const LABEL = 'Relightable picture. Arrow keys move the light, Shift and arrow keys the picture, + and − zoom.';
const CAMERA = [0, 0, 1];
const GAIN = 1.5;
const SWEEP_SECONDS = 8;
const SWEEP_RADIUS = 0.7; // of the widest photographed light, where the light is too close to the camera to turn
const NOTICE_MS = 6000;
const PATIENCE_MS = 200; // what comes sooner is not announced
const RATIO_WATCH_MS = 300;
const PROPERTIES = ['src', 'light', 'mode', 'gain'];

/**
 * `rti-viewer.d.ts` describes the attributes, properties, methods and events. Attributes and properties take the same
 * values. One that is not understood is refused with a message on the console, and the last good one stays.
 */
export class RtiViewer extends HTMLElement {
  static observedAttributes = PROPERTIES;

  /** The object that is shown, or null. */
  object = null;
  /** When opening reached each step, in milliseconds. */
  timings = {};
  /** The files of the object that is opened last. */
  files = null;
  #scene = null;
  #context = null;
  #light = null; // until the page, a person or the first object chooses one
  #mode = 'relight';
  #gain = GAIN;
  #panning = false;
  #sweep = 0; // when the light last moved; 0 = it stands
  #frame = 0;
  #openings = 0;
  #ball = null;
  #canvas = null;
  #still = null; // takes the place of what the canvas showed while others have its context
  #waking = null;
  #pictures = 0; // in the making
  #seen = true; // until the browser says otherwise
  #ratio = devicePixelRatio;
  #waits = false;
  #watch = 0;
  #moves = this.#makeMoves();
  #controls = new Controls(this.#buttons(), (mode) => (this.mode = mode), (gain) => (this.gain = gain));
  #resize = new ResizeObserver(() => this.#fitCanvas());
  #sight = new IntersectionObserver((entries) => this.#see(entries.at(-1).isIntersecting));

  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).append(make('style', {}, STYLE), ...this.#controls.elements);
    this.#controls.showMode(this.#mode, this.#gain);
    followKeys(this, this.#moves);
  }

  connectedCallback() {
    for (const name of PROPERTIES.filter((each) => Object.hasOwn(this, each))) this.#upgrade(name);
    // Not every browser tells that a window has moved to a screen of other pixels.
    this.#watch = setInterval(() => devicePixelRatio !== this.#ratio && this.#fitCanvas(), RATIO_WATCH_MS);
    this.#resize.observe(this);
    this.#sight.observe(this);
    this.#open();
  }

  disconnectedCallback() {
    clearInterval(this.#watch);
    this.#resize.disconnect();
    this.#sight.disconnect();
    this.#close();
  }

  attributeChangedCallback(name, before, value) {
    if (name !== 'src') this[name] = value;
    else if (this.isConnected && this.#openings > 0) this.#open(); // before, connectedCallback is yet to come
  }

  /** A property that was set before the element was defined hides the element's own. */
  #upgrade(name) {
    const value = this[name];
    delete this[name];
    this[name] = value;
  }

  // --- what a page may use -------------------------------------------------------------------------------------------

  get src() {
    return this.getAttribute('src') ?? '';
  }

  set src(value) {
    this.#set(value, readSource, (src) => {
      if (src === null) this.removeAttribute('src');
      else this.setAttribute('src', src);
    });
  }

  get light() {
    return this.#light ?? CAMERA;
  }

  set light(value) {
    this.#set(value, readLight, (light) => {
      const next = light ?? (this.object && this.#firstLight());
      if (next?.every((number, i) => number === this.#light?.[i])) return;
      this.#light = next;
      this.#ball?.show(this.light);
      this.dispatchEvent(new CustomEvent('rti-light', { detail: this.light }));
      this.#update();
    });
  }

  get mode() {
    return this.#mode;
  }

  set mode(value) {
    this.#set(value, readMode, (mode) => {
      this.#mode = mode ?? 'relight';
      this.#scene?.retry();
      this.#controls.showMode(this.#mode, this.#gain);
      this.#update();
    });
  }

  get gain() {
    return this.#gain;
  }

  set gain(value) {
    this.#set(value, readGain, (gain) => {
      this.#gain = gain ?? GAIN;
      this.#controls.showMode(this.#mode, this.#gain);
      this.#update();
    });
  }

  /** Pan and zoom of the object that is shown; call `redraw` after a change. */
  get view() {
    return this.#scene?.view;
  }

  /** What the JavaScript of the last light change took up to the draw call, in milliseconds. */
  get lightMs() {
    return this.#scene?.lightMs;
  }

  redraw() {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.#sweep) this.#turn(now);
      this.#draw();
    });
  }

  toggleSweep() {
    if (!this.object) return;
    this.#sweep = this.#sweep ? 0 : performance.now();
    this.#controls.press('sweep', this.#sweep > 0);
    if (Math.hypot(this.light[0], this.light[1]) < 0.2) this.#moveLight(SWEEP_RADIUS * this.#reach, 0);
    this.redraw();
  }

  async picture() {
    if (!this.#scene) throw new ObjectError('expected an object that is open, got none: wait for rti-load');
    this.#pictures++;
    try {
      if (!this.#context.isLive) await this.#wake();
      return await this.#scene.picture();
    } finally {
      this.#pictures--;
    }
  }

  async snapshot() {
    this.#controls.say('Making the picture …');
    const canvas = await this.picture();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new ObjectError(`This browser cannot make a PNG of ${canvas.width}×${canvas.height} pixels.`);
    const link = make('a', { href: URL.createObjectURL(blob), download: `${this.object.title || 'rti'}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), NOTICE_MS);
    this.#controls.say('');
  }

  /** Null and undefined, which frameworks set for what is left out, mean the default. */
  #set(value, read, apply) {
    let understood = null;
    try {
      if (value !== null && value !== undefined) understood = read(value);
    } catch (error) {
      console.error(`<rti-viewer>: ${error.message}`);
      return;
    }
    apply(understood);
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
      const files = (this.files = new Files(source, source[0] === '#' && inlinedFiles(source)));
      const object = await openObject(files);
      if (opening !== this.#openings) return;
      tick('described');
      this.#show(files, object);
      await this.#wake(tick);
      if (opening !== this.#openings) return;
      this.#controls.say('');
      tick('drawn');
      this.dispatchEvent(new CustomEvent('rti-load'));
    } catch (error) {
      if (opening === this.#openings) this.#fail(error);
    }
  }

  #show(files, object) {
    const opening = this.#openings;
    const notify = (error) => opening === this.#openings && this.#miss(error);
    this.#newCanvas();
    this.#scene = new Scene(this.#canvas, files, object, () => this.redraw(), notify);
    this.object = object;
    this.#ball = new LightBall(object.lights, (x, y) => this.#moveLight(x, y));
    this.#controls.showObject(object, this.#ball.element);
    const light = this.#light ?? this.#firstLight();
    this.#light = null;
    this.light = light;
    this.#fitCanvas();
  }

  #close() {
    this.#openings++;
    this.#scene?.stop();
    this.#context?.giveBack();
    this.object = this.#scene = this.#context = this.#ball = this.#waking = null;
    this.timings = {};
    this.#sweep = 0;
    this.#waits = false;
    this.#endStill();
    this.#controls.press('sweep', false);
    this.#controls.showObject(null, null);
  }

  /** From the top left. */
  #firstLight() {
    return readLight([-0.45 * this.#reach, 0.45 * this.#reach]);
  }

  /** A fresh canvas: a graphics context belongs to one object only. */
  #newCanvas() {
    const canvas = make('canvas', { tabindex: 0, role: 'img', 'aria-label': LABEL });
    followPointers(canvas, this.#moves);
    canvas.classList.toggle('hand', this.#panning);
    this.#canvas?.remove();
    this.#canvas = canvas;
    this.shadowRoot.prepend(canvas);
    this.#context = new Context(canvas, {
      isIdle: () => !this.#waking && !this.#sweep && !this.#pictures && Boolean(this.#scene?.isComplete),
      isSeen: () => this.#seen,
      giveBack: () => this.#sleep(),
      onLost: () => canvas === this.#canvas && this.#lose(),
      onRestored: () => canvas === this.#canvas && this.#scene && this.redraw(),
    });
  }

  // --- taking turns with other viewers of the page -------------------------------------------------------------------

  /** Gets the context, and draws the first picture; ticks when it is compiled and loaded. */
  #wake(tick = () => {}) {
    this.#waking ??= this.#wakeUp(tick);
    return this.#waking;
  }

  async #wakeUp(tick) {
    const [opening, context, scene] = [this.#openings, this.#context, this.#scene];
    try {
      const gl = await context.take();
      if (opening !== this.#openings) return context.giveBack();
      scene.start(gl);
      tick('compiled');
      await scene.load();
      tick('loaded');
      if (opening !== this.#openings || !context.isLive) return;
      this.#waking = null;
      this.#endStill();
      this.#controls.say('');
      this.#draw();
    } catch (error) {
      if (opening === this.#openings && context.isLive) this.#fail(error); // else it was lost: it comes back
    } finally {
      if (opening === this.#openings) this.#waking = null;
    }
  }

  /** Leaves a still picture and gives the context back. */
  #sleep() {
    this.#scene.draw(); // a canvas can be copied only in the task that drew it
    this.#still = make('canvas', { class: 'still', width: this.#canvas.width, height: this.#canvas.height });
    this.#still.getContext('2d').drawImage(this.#canvas, 0, 0);
    this.#canvas.after(this.#still);
    this.#scene.stop();
    this.#context.giveBack();
  }

  #endStill() {
    this.#still?.remove();
    this.#still = null;
  }

  #lose() {
    this.#scene.stop();
    this.#waking = null;
    this.#controls.say('The graphics driver took the picture away. It comes back when the driver can draw again.');
  }

  #see(seen) {
    this.#seen = seen;
    if (seen) this.redraw(); // where others have its context it asks for it
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  /** Tells the scene what has changed. */
  #update() {
    if (this.#scene) Object.assign(this.#scene, { light: this.light, mode: this.#mode, gain: this.#gain });
    this.redraw();
  }

  #draw() {
    if (!this.#scene) return;
    if (!this.#context.isLive) {
      if (this.#seen && !this.#waking) this.#wake();
      return;
    }
    if (this.#waking) return; // it draws when there is something to draw
    this.#scene.draw();
    this.#context.touch();
    this.#announceNormals();
    const { mmPerPixel } = this.object;
    this.#controls.showScale(mmPerPixel && (mmPerPixel / this.view.scale) * devicePixelRatio);
  }

  /** Says what the lit picture waits for. */
  async #announceNormals() {
    const waits = this.#scene.waitsForNormals;
    if (waits === this.#waits) return;
    this.#waits = waits;
    if (!waits) return this.#controls.say('');
    const opening = this.#openings;
    const [computes] = await Promise.all([
      this.#scene.computesNormals().catch(() => false), // the file itself brings the error
      new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
    ]);
    if (this.#waits && opening === this.#openings) {
      this.#controls.say(computes ? 'Computing normals …' : 'Loading normals …');
    }
  }

  #fitCanvas() {
    if (!this.#scene) return;
    this.view.scale *= devicePixelRatio / this.#ratio;
    this.#ratio = devicePixelRatio;
    this.#scene.resize(this.clientWidth * devicePixelRatio, this.clientHeight * devicePixelRatio);
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
    const [x, y] = this.light;
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
      light: (dx, dy) => this.object && this.#moveLight(this.light[0] + dx, this.light[1] + dy),
      pan: (dx, dy) => moveView((view) => view.pan(inPixels(dx), inPixels(dy))),
      zoom: (factor, x, y) => moveView((view) => view.zoom(factor, inPixels(x), inPixels(y))),
      panning: () => this.#panning,
      keys: {
        0: () => moveView((view) => view.fit()),
        1: () => moveView((view) => view.zoom(1 / view.scale)),
        h: () => this.#togglePanning(),
        s: () => this.object && this.toggleSweep(),
        m: () => (this.mode = nextMode(this.#mode)),
        i: () => this.object && this.#controls.toggleRecord(),
        p: () => this.object && this.snapshot().catch((error) => this.#notify(error)),
        f: () => document.fullscreenEnabled && this.#toggleFullscreen().catch((error) => this.#notify(error)),
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
      record: ['About this object (I)', keys.i],
      snapshot: ['Save as PNG (P)', keys.p],
      ...(document.fullscreenEnabled ? { fullscreen: ['Full screen (F)', keys.f] } : {}), // phones may have none
    };
  }

  async #toggleFullscreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.requestFullscreen();
  }

  #togglePanning() {
    this.#panning = !this.#panning;
    this.#canvas?.classList.toggle('hand', this.#panning);
    this.#controls.press('hand', this.#panning);
  }

  // --- words ---------------------------------------------------------------------------------------------------------

  /** The object cannot be shown. */
  #fail(error) {
    this.#close();
    this.#report(error);
  }

  /** A part of the object is missing, but there is a picture. */
  #miss(error) {
    this.#waits = false;
    if (this.#mode !== 'relight') this.mode = 'relight';
    this.#notify(error);
  }

  /** Something did not work, but there is a picture. */
  #notify(error) {
    this.#report(error);
    setTimeout(() => this.object && this.#controls.say(''), NOTICE_MS);
  }

  #report(error) {
    const message = error instanceof ObjectError ? error.message : `The viewer failed: ${error.message}`;
    this.#controls.say(message, 'alert');
    this.dispatchEvent(new CustomEvent('rti-error', { detail: message }));
  }
}

/** The files of a page that inlines its object, in the JSON script of that id. */
function inlinedFiles(source) {
  try {
    return JSON.parse(document.getElementById(source.slice(1)).textContent);
  } catch {
    throw new ObjectError(`${source}: expected a script of that id with the files of the object as JSON, got none.`);
  }
}

function nextMode(mode) {
  const modes = Object.keys(MODES);
  return modes[(modes.indexOf(mode) + 1) % modes.length];
}

// A page may load the scripts from two exports.
if (!customElements.get('rti-viewer')) customElements.define('rti-viewer', RtiViewer);
