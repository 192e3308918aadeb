/** `<rti-viewer src="folder">`: shows a relightable object whose light is dragged. */

import { Controls, make } from './controls.js';
import { ObjectError } from './fields.js';
import { Files } from './files.js';
import { followKeys, followPointers } from './interaction.js';
import { LightBall } from './light-ball.js';
import { openObject } from './object.js';
import { PageLink } from './page-link.js';
import { MODES } from './shaders.js';
import { Stage } from './stage.js';
import { needsTools, readState, writeState } from './state.js';
import { STYLE } from './style.js';
import { readGain, readLight, readMode, readScale, readSource } from './values.js';
import { turned } from './view.js';
import { words } from './words.js';

const CAMERA = [0, 0, 1];
const GAIN = 1.5;
const SWEEP_SECONDS = 8;
const SWEEP_RADIUS = 0.7; // of the widest photographed light, where the light is too close to the camera to turn
const NOTICE_MS = 6000;
const REST_MS = 400;
const MAX_PAST = 100;
const PATIENCE_MS = 200; // what comes sooner is not announced
const RATIO_WATCH_MS = 300;
const HINTED = 'fastrti hinted';
const TOOLS = ['ruler', 'notes', 'compare', 'info', 'help'];
const PROPERTIES = ['src', 'light', 'mode', 'gain', 'scale', 'state'];

/**
 * `rti-viewer.d.ts` describes the attributes, properties, methods and events. Attributes and properties take the same
 * values. One that is not understood is refused with a message on the console, and the last good one stays.
 */
export class RtiViewer extends HTMLElement {
  static observedAttributes = [...PROPERTIES, 'link'];

  /** The object that is shown, or null. */
  object = null;
  /** When opening reached each step, in milliseconds. */
  timings = {};
  /** The files of the object that is opened last. */
  files = null;
  #stage = null;
  #tools = null; // until they are first used
  #equipped = null; // resolves when they are ready
  #light = null; // until the page, a person or the first object chooses one
  #mode = 'relight';
  #gain = GAIN;
  #scale = null; // null: the object's
  #panning = false;
  #sweep = 0; // when the light last moved; 0 = it stands
  #state = ''; // what was told last
  #wanted = ''; // the state that the next object shall show
  #link = null;
  #sweepSpeed = 0; // radians in a millisecond
  #sweepLeft = 0; // radians
  #past = []; // states to go back to
  #rest = 0; // the timer that tells when all stands still
  #frame = 0;
  #openings = 0;
  #ball = null;
  #seen = true; // until the browser says otherwise
  #ratio = devicePixelRatio;
  #waits = false;
  #watch = 0;
  #moves = this.#makeMoves();
  #controls = new Controls(this.#buttons(), (mode) => (this.mode = mode), (gain) => (this.gain = gain));
  #area = make('div', { class: 'area' });
  #resize = new ResizeObserver(() => this.#fitCanvas());
  #sight = new IntersectionObserver((entries) => this.#see(entries.at(-1).isIntersecting));

  constructor() {
    super();
    this.#area.append(...this.#controls.overPicture);
    this.attachShadow({ mode: 'open' }).append(make('style', {}, STYLE), this.#area, this.#controls.bar);
    this.#controls.showMode(this.#mode, this.#gain);
    followKeys(this, this.#moves);
  }

  connectedCallback() {
    for (const name of PROPERTIES.filter((each) => Object.hasOwn(this, each))) this.#upgrade(name);
    // Not every browser tells that a window has moved to a screen of other pixels.
    this.#watch = setInterval(() => devicePixelRatio !== this.#ratio && this.#fitCanvas(), RATIO_WATCH_MS);
    this.#linkUp();
    this.#resize.observe(this.#area);
    this.#sight.observe(this);
    this.#open();
  }

  disconnectedCallback() {
    clearInterval(this.#watch);
    this.#resize.disconnect();
    this.#sight.disconnect();
    this.#link?.stop();
    this.#link = null;
    this.#close();
  }

  attributeChangedCallback(name, before, value) {
    if (name === 'link') this.#linkUp();
    else if (name !== 'src') this[name] = value;
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
      this.#stage?.scene.retry();
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

  get scale() {
    return this.#scale ?? this.object?.mmPerPixel ?? null;
  }

  set scale(value) {
    this.#set(value, readScale, (scale) => {
      this.#scale = scale;
      this.#tools?.refresh();
      this.redraw();
    });
  }

  get state() {
    return this.object ? writeState(this, this.#tools) : this.#wanted;
  }

  set state(value) {
    const text = String(value ?? '');
    if (!this.object) this.#wanted = text;
    else if (needsTools(text) && !this.#tools) this.#withTools(() => this.#apply(text));
    else this.#apply(text);
  }

  #apply(text) {
    readState(this, this.#tools, text, (error) => this.#refuse(error));
  }

  /** Pan and zoom of the object that is shown; call `redraw` after a change. */
  get view() {
    return this.#stage?.scene.view;
  }

  /** What the JavaScript of the last light change took up to the draw call, in milliseconds. */
  get lightMs() {
    return this.#stage?.scene.lightMs;
  }

  redraw() {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.#sweep) this.#turn(now);
      this.#stage?.draw();
    });
  }

  toggleSweep(seconds = SWEEP_SECONDS, turns = Infinity) {
    if (!this.object) return;
    this.#sweep = this.#sweep ? 0 : performance.now();
    this.#sweepSpeed = (2 * Math.PI) / 1000 / seconds;
    this.#sweepLeft = 2 * Math.PI * turns;
    this.#controls.press('sweep', this.#sweep > 0);
    if (Math.hypot(this.light[0], this.light[1]) < 0.2) this.#moveLight(SWEEP_RADIUS * this.#reach, 0);
    this.redraw();
  }

  async picture() {
    if (!this.#stage) throw new ObjectError('expected an object that is open, got none: wait for rti-load');
    return this.#stage.use((scene) => scene.picture());
  }

  async snapshot() {
    this.#controls.say(words.making);
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
      return this.#refuse(error);
    }
    apply(understood);
  }

  #refuse(error) {
    console.error(`<rti-viewer>: ${error.message}`);
  }

  #linkUp() {
    this.#link?.stop();
    const name = this.getAttribute('link');
    this.#link = name === null || !this.isConnected || location.protocol === 'about:' ? null : new PageLink(this, name);
    this.#controls.offer('link', this.#link !== null);
    if (this.object) this.#link?.start();
  }

  // --- opening -------------------------------------------------------------------------------------------------------

  async #open() {
    const began = performance.now();
    const tick = (name) => (this.timings[name] = performance.now() - began);
    this.#close();
    const opening = this.#openings; // another one may begin while this one waits
    const source = this.getAttribute('src');
    if (source === null) return;
    this.#controls.say(words.opening);
    try {
      const files = (this.files = new Files(source, source[0] === '#' && inlinedFiles(source)));
      const object = await openObject(files);
      if (opening !== this.#openings) return;
      tick('described');
      await this.#show(files, object, tick);
      if (opening !== this.#openings) return;
      this.#controls.say('');
      tick('drawn');
      this.#hint();
      this.dispatchEvent(new CustomEvent('rti-load'));
    } catch (error) {
      if (opening === this.#openings) this.#fail(error);
    }
  }

  /** Tells who sees a viewer for the first time what to do. */
  #hint() {
    try {
      if (localStorage.getItem(HINTED) || this.#link?.isFollowed || this.getAttribute('controls') === 'none') return;
      localStorage.setItem(HINTED, 'yes');
    } catch {
      return; // where nothing is kept, it would come every time
    }
    this.#controls.hint(words.hint);
    const end = () => this.#controls.hint('');
    this.#area.addEventListener('pointerdown', end, { once: true });
    setTimeout(end, NOTICE_MS);
  }

  /** @returns {Promise<void>} resolves when it is drawn. */
  #show(files, object, tick) {
    this.#setStage(files, object);
    const drawn = this.#stage.wake(tick);
    this.object = object;
    this.#ball = new LightBall(object.lights, (x, y) => this.#moveLight(x, y));
    this.#controls.showObject(object, this.#ball.element);
    const light = this.#light ?? this.#firstLight();
    this.#light = null;
    this.light = light;
    this.#fitCanvas();
    if (this.#wanted) this.state = this.#wanted;
    this.#wanted = '';
    this.#link?.start();
    if (object.annotated) this.#withTools(() => {});
    return drawn;
  }

  #close() {
    this.#openings++;
    this.#tools?.close();
    for (const element of this.#tools?.elements ?? []) element.remove();
    this.#stage?.close();
    this.object = this.#stage = this.#tools = this.#equipped = this.#ball = null;
    this.timings = {};
    this.#past = [];
    this.#sweep = 0;
    this.#waits = false;
    this.#controls.press('sweep', false);
    this.#controls.showObject(null, null);
  }

  /** A stage of its own for each object: a graphics context belongs to one object only. */
  #setStage(files, object) {
    const stage = (this.#stage = new Stage(files, object, {
      onChange: () => this.redraw(),
      onDrawn: () => this.#announce(),
      onAwake: () => this.#controls.say(''),
      onLost: () => this.#controls.say(words.lost),
      onMiss: (error) => this.#miss(error),
      onFail: (error) => this.#fail(error),
      isMoving: () => this.#sweep > 0,
      isSeen: () => this.#seen,
    }));
    followPointers(stage.canvas, this.#moves);
    stage.canvas.setAttribute('aria-label', words.picture);
    stage.canvas.classList.toggle('hand', this.#panning);
    this.#area.prepend(stage.canvas);
  }

  /** The tools come when they are first used. What is done with them waits until the object's notes are read. */
  async #withTools(act) {
    const opening = this.#openings;
    try {
      await (this.#equipped ??= this.#equip());
      if (opening === this.#openings) act(this.#tools);
    } catch (error) {
      if (opening === this.#openings) this.#notify(error);
    }
  }

  async #equip() {
    const [opening, on] = [this.#openings, this.#forTools()];
    const tools = new (await import('./tools.js')).Tools(on);
    if (opening !== this.#openings) return;
    this.#tools = tools;
    this.#stage.canvas.after(...tools.elements);
    this.redraw();
    await tools.load();
  }

  /** @returns {import('./tools.js').Worked} */
  #forTools() {
    return {
      ...{ viewer: this, area: this.#area, object: this.object, stage: this.#stage, files: this.files, address: this.src, keys: this.#keyTable() },
      scale: () => this.scale,
      setScale: (scale) => (this.scale = scale),
      state: () => this.state,
      show: (state) => (this.state = state),
      changed: () => this.redraw(),
      failed: (error) => this.#notify(error),
      pressed: (name) => TOOLS.forEach((tool) => this.#controls.press(tool, tool === name)),
    };
  }

  /** From the top left. */
  #firstLight() {
    return readLight([-0.45 * this.#reach, 0.45 * this.#reach]);
  }

  #see(seen) {
    this.#seen = seen;
    if (seen) this.redraw(); // where others have its context it asks for it
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  /** Tells the scene what has changed. */
  #update() {
    if (this.#stage) Object.assign(this.#stage.scene, { light: this.light, mode: this.#mode, gain: this.#gain });
    this.redraw();
  }

  #announce() {
    this.#ball.turn = this.view.turn;
    this.#tools?.follow();
    const state = writeState(this, this.#tools);
    if (state !== this.#state) {
      this.#state = state;
      this.#link?.changed();
      clearTimeout(this.#rest);
      this.#rest = setTimeout(() => this.#stand(), REST_MS);
      this.dispatchEvent(new CustomEvent('rti-state', { detail: state }));
    }
    this.#announceNormals();
    this.#controls.showScale(this.scale && (this.scale / this.view.scale) * devicePixelRatio);
  }

  /** All stands still: what is seen can be gone back to, and a profile shows it. */
  #stand() {
    if (!this.object) return;
    if (this.state !== this.#past.at(-1)) this.#past.push(this.state);
    this.#past.splice(0, this.#past.length - MAX_PAST);
    this.#tools?.refresh();
  }

  #undo() {
    if (!this.object) return;
    if (this.state === this.#past.at(-1)) this.#past.pop();
    if (this.#past.length) this.state = this.#past.pop();
  }

  /** Says what the lit picture waits for. */
  async #announceNormals() {
    const waits = this.#stage.scene.waitsForNormals;
    if (waits === this.#waits) return;
    this.#waits = waits;
    if (!waits) return this.#controls.say('');
    const opening = this.#openings;
    const [computes] = await Promise.all([
      this.#stage.scene.computesNormals().catch(() => false), // the file itself brings the error
      new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
    ]);
    if (this.#waits && opening === this.#openings) {
      this.#controls.say(computes ? words.computing : words.loading);
    }
  }

  #fitCanvas() {
    if (!this.#stage) return;
    this.view.scale *= devicePixelRatio / this.#ratio;
    this.#ratio = devicePixelRatio;
    const { clientWidth, clientHeight } = this.#area;
    this.#stage.scene.resize(clientWidth * devicePixelRatio, clientHeight * devicePixelRatio);
    this.#stage?.draw(); // at once: a resized canvas is empty
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
    const step = Math.min((now - this.#sweep) * this.#sweepSpeed, this.#sweepLeft);
    const angle = Math.atan2(y, x) - step;
    this.#sweep = now;
    this.#sweepLeft -= step;
    this.light = [Math.hypot(x, y) * Math.cos(angle), Math.hypot(x, y) * Math.sin(angle)];
    if (this.#sweepLeft <= 0) this.toggleSweep();
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
      light: (dx, dy) => {
        if (!this.object) return;
        if (this.#sweep) this.toggleSweep();
        const [right, down] = turned([dx, -dy], -this.view.turn);
        this.#moveLight(this.light[0] + right, this.light[1] - down);
      },
      pan: (dx, dy) => moveView((view) => view.pan(inPixels(dx), inPixels(dy))),
      zoom: (factor, x, y) => moveView((view) => view.zoom(factor, inPixels(x), inPixels(y))),
      panning: () => this.#panning,
      tool: () => this.#tools?.tool ?? null,
      tap: (x, y) => this.#tools?.tap(this.view.toPicture([inPixels(x), inPixels(y)])),
      toPicture: (x, y) => this.view.toPicture([inPixels(x), inPixels(y)]),
      keys: {
        0: () => moveView((view) => view.fit()),
        1: () => moveView((view) => view.zoom(1 / view.scale)),
        r: () => moveView((view) => view.rotate(1)),
        h: () => this.#togglePanning(),
        s: () => this.object && this.toggleSweep(),
        m: () => (this.mode = nextMode(this.#mode)),
        d: () => this.#toggle('ruler'),
        n: () => this.#toggle('notes'),
        c: () => this.#toggle('compare'),
        i: () => this.#toggle('info'),
        '?': () => this.#toggle('help'),
        z: () => this.#undo(),
        x: () => this.object && (this.state = ''),
        Escape: () => this.#tools?.close(),
        l: () => this.#link && this.#copyLink().catch((error) => this.#notify(error)),
        p: () => this.object && this.snapshot().catch((error) => this.#notify(error)),
        f: () => document.fullscreenEnabled && this.#toggleFullscreen().catch((error) => this.#notify(error)),
      },
    };
  }

  #toggle(tool) {
    if (this.object) this.#withTools((tools) => tools.toggle(tool));
  }

  /** By icon: the key, and what happens. */
  #buttons() {
    const { keys, zoom } = this.#moves;
    return {
      ...{ fit: ['0', keys[0]], actual: ['1', keys[1]], out: ['−', () => zoom(0.8)], in: ['+', () => zoom(1.25)] },
      ...{ turn: ['R', keys.r], hand: ['H', keys.h], sweep: ['S', keys.s], ruler: ['D', keys.d], notes: ['N', keys.n] },
      compare: ['C', keys.c],
      ...{ undo: ['Z', keys.z], reset: ['X', keys.x], link: ['L', keys.l], snapshot: ['P', keys.p], info: ['I', keys.i] },
      help: ['?', keys['?']],
      ...(document.fullscreenEnabled ? { fullscreen: ['F', keys.f] } : {}), // phones may have none
    };
  }

  /** What the help says. */
  #keyTable() {
    const buttons = Object.entries(this.#buttons()).map(([icon, [key]]) => [key, words[icon]]);
    return [['← ↑ → ↓', words.arrows], ['⇧ ← ↑ → ↓', words.shiftArrows], ...buttons, ['M', words.shown], ['Esc', words.close]];
  }

  async #copyLink() {
    const { address } = this.#link;
    await navigator.clipboard.writeText(address).catch(() => {
      throw new ObjectError(`This browser does not let a page copy: ${address}`);
    });
    this.#say(words.linkCopied);
  }

  async #toggleFullscreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.requestFullscreen();
  }

  #togglePanning() {
    this.#panning = !this.#panning;
    this.#stage?.canvas.classList.toggle('hand', this.#panning);
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

  /** Something was done. */
  #say(text) {
    this.#controls.say(text);
    setTimeout(() => this.object && this.#controls.say(''), NOTICE_MS / 3);
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
