/** `<rti-viewer src="folder">`: shows a relightable object whose light is dragged. */

import { unitLight } from './decoders.js';
import { ObjectError } from './fields.js';
import { Files } from './files.js';
import { GlRenderer } from './gl-renderer.js';
import { followKeys, followPointers } from './interaction.js';
import { LightBall } from './light-ball.js';
import { openObject } from './object.js';
import { MODES } from './shaders.js';
import { STYLE } from './style.js';
import { Pyramid } from './tiles.js';
import { make, makeToolbar, press, scaleBar } from './toolbar.js';
import { View } from './view.js';

const BACKGROUND = [0.086, 0.086, 0.086]; // the style's #161616
const SWEEP_SECONDS = 8;
const SWEEP_RADIUS = 0.7; // of the widest photographed light, where the light is too close to the camera to turn
const PIXELATED_FROM = 4; // device pixels a pixel: from here on pixels are shown as they are
const COMPLAINT_MS = 6000;
const MAX_SNAPSHOT_SIDE = 16384; // browsers' canvases end here

/**
 * Attributes: `src`, the object's folder, or the id of a JSON script that inlines its files (`#id`); `light`, "x,y".
 * Events: `rti-load`, `rti-light`, `rti-error` (its `detail` the message).
 */
export class RtiViewer extends HTMLElement {
  static observedAttributes = ['src'];

  /** What opening and the last light change took, in milliseconds. */
  timings = {};
  #light = [0, 0, 1];
  #mode = 'relight';
  #gain = 1.5;
  #panning = false;
  #sweep = 0;
  #frame = 0;
  #lightChanged = false;
  #object = null;
  #pyramid = null;
  #renderer = null;
  #view = null;
  #ball = null;
  #ui = {};
  #resize = new ResizeObserver(() => this.#fitCanvas());
  #openings = 0;

  constructor() {
    super();
    this.#build();
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
    if (this.isConnected) this.#open();
  }

  // --- what a page may use -------------------------------------------------------------------------------------------

  /** The unit vector of the light; set it to (x, y) or (x, y, z). */
  get light() {
    return this.#light;
  }

  set light(light) {
    this.#light = unitLight(light);
    this.#lightChanged = true;
    this.#ball?.show(this.#light);
    this.dispatchEvent(new CustomEvent('rti-light', { detail: this.#light }));
    this.#invalidate();
  }

  /** What is shown: "relight", "diffuse", "specular" or "normals". */
  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    if (!(mode in MODES)) throw new RangeError(`expected a mode of ${Object.keys(MODES).join(', ')}, got ${mode}`);
    this.#mode = mode;
    this.#pyramid?.retry();
    this.#ui.bar.querySelector('select').value = mode;
    this.#ui.gain.hidden = mode !== 'diffuse' && mode !== 'specular';
    this.#invalidate();
  }

  /** Strength of the diffuse and specular modes, 1 to 5. */
  get gain() {
    return this.#gain;
  }

  set gain(gain) {
    this.#gain = gain;
    this.#invalidate();
  }

  /** The object that is shown, or null. */
  get object() {
    return this.#object;
  }

  /** Pan and zoom; call `redraw` after a change. */
  get view() {
    return this.#view;
  }

  /** Draws the next frame anew. */
  redraw() {
    this.#invalidate();
  }

  /** Starts or ends the light's way around the object. */
  toggleSweep() {
    this.#sweep = this.#sweep ? 0 : performance.now();
    press(this.#ui.bar, 'sweep', this.#sweep > 0);
    if (Math.hypot(this.#light[0], this.#light[1]) < 0.2) this.#moveLightTo(SWEEP_RADIUS * this.#reach, 0);
    this.#invalidate();
  }

  /**
   * The whole picture under the present light, at full resolution or the finest that fits a canvas.
   * @returns {Promise<HTMLCanvasElement>}
   */
  async picture() {
    const pyramid = this.#pyramid;
    let level = 0;
    while (Math.max(...pyramid.sizeOf(level)) > MAX_SNAPSHOT_SIDE) level++;
    const [width, height] = pyramid.sizeOf(level);
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    await pyramid.forEachTile(level, this.#needsNormals, (tile) => {
      this.#prepare();
      const [left, top] = tile.area.map((value) => value / 2 ** level);
      context.putImageData(this.#renderer.read(tile), left, top);
    });
    return canvas;
  }

  /** Saves `picture()` as a PNG. */
  async snapshot() {
    this.#say('Making the picture …');
    const canvas = await this.picture();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    const link = make('a', { href: URL.createObjectURL(blob), download: `${this.#object.title || 'rti'}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), COMPLAINT_MS);
    this.#say('');
  }

  // --- opening -------------------------------------------------------------------------------------------------------

  async #open() {
    const began = performance.now();
    const tick = (name) => (this.timings[name] = performance.now() - began);
    this.#close();
    const opening = this.#openings;
    const source = this.getAttribute('src');
    if (source === null) return;
    this.#say('Opening …');
    try {
      const files = makeFiles(source);
      const object = await openObject(files);
      if (opening !== this.#openings) return;
      tick('described');
      this.#show(files, object);
      tick('compiled');
      await this.#pyramid.forEachTile(this.#pyramid.levels - 1, false, () => {});
      if (opening !== this.#openings) return;
      tick('loaded');
      this.#say('');
      this.#draw();
      tick('drawn');
      this.dispatchEvent(new CustomEvent('rti-load'));
    } catch (error) {
      if (opening === this.#openings) this.#fail(error);
    }
  }

  #show(files, object) {
    const pyramid = new Pyramid(files, object, () => this.#invalidate(), (error) => {
      if (pyramid === this.#pyramid) this.#complain(error);
    });
    this.#renderer = new GlRenderer(this.#newCanvas(), object.decoder, object.masked, pyramid.tileSize);
    pyramid.renderer = this.#renderer;
    this.#object = object;
    this.#pyramid = pyramid;
    this.#view = new View([object.width, object.height]);
    this.#ball = new LightBall(object.lights, (x, y) => this.#moveLightTo(x, y));
    this.#ui.ball.replaceChildren(this.#ball.element);
    this.#ui.caption.replaceChildren(make('b', {}, object.title), make('small', {}, credits(object)));
    this.#ui.bar.hidden = false;
    this.#fitCanvas();
    const wanted = this.getAttribute('light')?.split(',').map(Number);
    this.light = wanted ?? (this.#light[2] < 1 ? this.#light : [-0.45 * this.#reach, 0.45 * this.#reach]);
  }

  #close() {
    this.#openings++;
    this.#renderer?.dispose();
    this.#object = this.#pyramid = this.#renderer = this.#view = this.#ball = null;
    this.timings = {};
    this.#sweep = 0;
    this.#ui.ball.replaceChildren();
    this.#ui.caption.replaceChildren();
    this.#ui.bar.hidden = this.#ui.scale.hidden = true;
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  #invalidate() {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.#sweep) this.#turn(now);
      this.#draw();
    });
  }

  #draw() {
    if (!this.#renderer) return;
    const began = performance.now();
    const changed = this.#lightChanged;
    const { scale } = this.#view;
    this.#prepare();
    this.#renderer.clear(BACKGROUND);
    const smooth = scale !== 1 && scale < PIXELATED_FROM;
    for (const { tile, lod } of this.#pyramid.visible(scale, this.#view.seen, this.#needsNormals)) {
      this.#renderer.draw(tile, lod, this.#view.toCanvas(tile.area), smooth);
    }
    if (changed) this.timings.light = performance.now() - began;
    this.#showScale();
  }

  /** Brings the weights on the GPU up to date. */
  #prepare() {
    if (this.#lightChanged) this.#renderer.setNetwork(this.#object.network(this.#light));
    this.#lightChanged = false;
    this.#renderer.setMode(this.#mode, this.#light, this.#gain);
  }

  get #needsNormals() {
    return this.#mode !== 'relight';
  }

  #turn(now) {
    const radius = Math.hypot(this.#light[0], this.#light[1]);
    const angle = Math.atan2(this.#light[1], this.#light[0]) - ((now - this.#sweep) / 1000 / SWEEP_SECONDS) * 2 * Math.PI;
    this.#sweep = now;
    this.light = [radius * Math.cos(angle), radius * Math.sin(angle)];
  }

  #fitCanvas() {
    const canvas = this.#ui.canvas;
    canvas.width = Math.max(1, Math.round(this.clientWidth * devicePixelRatio));
    canvas.height = Math.max(1, Math.round(this.clientHeight * devicePixelRatio));
    this.#view?.resize(canvas.width, canvas.height);
    if (this.#renderer) this.#draw();
  }

  #showScale() {
    const { mmPerPixel } = this.#object;
    this.#ui.scale.hidden = mmPerPixel === null;
    if (mmPerPixel === null) return;
    const { label, width } = scaleBar((mmPerPixel / this.#view.scale) * devicePixelRatio);
    this.#ui.scale.style.width = `${width}px`;
    this.#ui.scale.textContent = label;
  }

  // --- moving the light ----------------------------------------------------------------------------------------------

  /** How far from the middle the light may be dragged: to the widest photographed one. */
  get #reach() {
    return this.#object.lights.reduce((most, [x, y]) => Math.max(most, Math.hypot(x, y)), 0) || 1;
  }

  #moveLightTo(x, y) {
    const shrink = Math.min(1, this.#reach / Math.hypot(x, y)) || 1;
    this.light = [x * shrink, y * shrink];
  }

  // --- the controls --------------------------------------------------------------------------------------------------

  #build() {
    const root = this.attachShadow({ mode: 'open' });
    const bar = makeToolbar(this.#buttons(), (mode) => (this.mode = mode));
    const slider = make('input', { type: 'range', min: 1, max: 5, step: 0.1, value: this.#gain, 'aria-label': 'Strength' });
    slider.addEventListener('input', () => (this.gain = Number(slider.value)));
    this.#ui = {
      ...{ bar, caption: make('div', { class: 'caption', part: 'caption' }), scale: make('div', { class: 'scale' }) },
      ...{ gain: make('label', { class: 'gain', hidden: '' }, 'Strength', slider), ball: make('div') },
      ...{ message: make('div', { class: 'message', role: 'status' }), canvas: null },
    };
    const { canvas: _, ...parts } = this.#ui;
    root.append(make('style', {}, STYLE), ...Object.values(parts));
    this.#newCanvas();
    followKeys(this, this.#moves());
  }

  /** A fresh canvas: a graphics context belongs to one object only. */
  #newCanvas() {
    const label = 'Relightable picture. Arrow keys move the light, Shift and arrow keys the picture, + and − zoom.';
    const canvas = make('canvas', { tabindex: 0, role: 'img', 'aria-label': label });
    followPointers(canvas, this.#moves());
    canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault();
      if (this.#renderer && canvas === this.#ui.canvas) this.#fail(new ObjectError('The graphics driver dropped the picture: reload the page.'));
    });
    this.#ui.canvas?.remove();
    this.#ui.canvas = canvas;
    this.shadowRoot.querySelector('style').after(canvas);
    return canvas;
  }

  #buttons() {
    const { keys, zoom } = this.#moves();
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

  #moves() {
    const moveView = (move) => {
      if (!this.#view) return;
      move(this.#view);
      this.#invalidate();
    };
    return {
      light: (dx, dy) => this.#object && this.#moveLightTo(this.#light[0] + dx, this.#light[1] + dy),
      pan: (dx, dy) => moveView((view) => view.pan(dx * devicePixelRatio, dy * devicePixelRatio)),
      zoom: (factor, x, y) => moveView((view) => view.zoom(factor, x && x * devicePixelRatio, y && y * devicePixelRatio)),
      panning: () => this.#panning,
      keys: {
        0: () => moveView((view) => view.fit()),
        1: () => moveView((view) => view.zoom(1 / view.scale)),
        h: () => this.#togglePanning(),
        s: () => this.#object && this.toggleSweep(),
        m: () => (this.mode = nextMode(this.#mode)),
        p: () => this.#object && this.snapshot().catch((error) => this.#complain(error)),
        f: () => (document.fullscreenElement ? document.exitFullscreen() : this.requestFullscreen()),
      },
    };
  }

  #togglePanning() {
    this.#panning = !this.#panning;
    this.#ui.canvas.classList.toggle('hand', this.#panning);
    press(this.#ui.bar, 'hand', this.#panning);
  }

  // --- words ---------------------------------------------------------------------------------------------------------

  #say(text, role = 'status') {
    this.#ui.message.setAttribute('role', role);
    this.#ui.message.replaceChildren(make('span', {}, text));
    this.#ui.message.hidden = text === '';
  }

  /** The object cannot be shown. */
  #fail(error) {
    this.#close();
    this.#report(error);
  }

  /** Something is missing, but there is a picture. */
  #complain(error) {
    this.#report(error);
    if (this.#needsNormals) this.mode = 'relight';
    setTimeout(() => this.#say(''), COMPLAINT_MS);
  }

  #report(error) {
    const message = error instanceof ObjectError ? error.message : `The viewer failed: ${error.message}`;
    this.#say(message, 'alert');
    this.dispatchEvent(new CustomEvent('rti-error', { detail: message }));
  }
}

function makeFiles(source) {
  if (!source.startsWith('#')) return new Files(source);
  return new Files('.', JSON.parse(document.querySelector(source).textContent));
}

function credits({ creator, rights }) {
  return [creator, rights].filter(Boolean).join(' · ');
}

function nextMode(mode) {
  const modes = Object.keys(MODES);
  return modes[(modes.indexOf(mode) + 1) % modes.length];
}

customElements.define('rti-viewer', RtiViewer);
