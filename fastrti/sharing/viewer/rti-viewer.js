/** `<rti-viewer src="folder">`: shows a relightable object whose light is dragged. */

import { listKeys, makeButtons, makeMoves, toggleFullscreen } from './commands.js';
import { Controls, make } from './controls.js';
import { ObjectError } from './fields.js';
import { Files } from './files.js';
import { followKeys, followPointers } from './interaction.js';
import { KEPT, addKept } from './kept.js';
import { LightBall } from './light-ball.js';
import { LOOK, addLook, plainLook } from './look.js';
import { openObject } from './object.js';
import { PageLink } from './page-link.js';
import { Past } from './past.js';
import { Stage } from './stage.js';
import { needsTools, readState, writeState } from './state.js';
import { STYLE } from './style.js';
import { Sweep } from './sweep.js';
import { Toolbox } from './toolbox.js';
import { readGain, readLight, readMode, readScale } from './values.js';
import { words } from './words.js';

const CAMERA = [0, 0, 1];
const GAIN = 1.5;
const [LEAST_RADIUS, SWEEP_RADIUS] = [0.2, 0.7]; // of the widest photographed light: closer to the camera it cannot turn
const [NOTICE_MS, DONE_MS, REST_MS, RATIO_WATCH_MS] = [6000, 2000, 400, 300];
const TOOLS = ['ruler', 'notes', 'compare', 'adjust', 'info', 'help'];
const PROPERTIES = ['light', 'mode', 'gain', ...Object.keys(LOOK), 'scale', 'state'];

/**
 * `rti-viewer.d.ts` describes the attributes, properties, methods and events. Attributes and properties take the same
 * values. One that is not understood is refused with a message on the console, and the last good one stays.
 */
export class RtiViewer extends HTMLElement {
  static observedAttributes = [...PROPERTIES, 'src', 'link'];

  /** The object that is shown, or null. */
  object = null;
  /** When opening reached each step, in milliseconds. */
  timings = {};
  /** The files of the object that is opened last. */
  files = null;
  #stage = null;
  #toolbox = null;
  #light = null; // until the page, a person or the first object chooses one
  #mode = 'relight';
  #gain = GAIN;
  #look = plainLook();
  #scale = null; // null: the object's
  #noted = null; // annotations that are the page's, not the object's
  #panning = false;
  #sweep = new Sweep();
  #state = ''; // what was told last
  #wanted = ''; // the state that the next object shall show
  #link = null;
  #past = new Past();
  #rest = 0; // the timer that tells when all stands still
  #frame = 0;
  #openings = 0;
  #ball = null;
  #seen = true; // until the browser says otherwise
  #ratio = devicePixelRatio;
  #watch = 0;
  #moves = makeMoves(this, this.#forCommands());
  #buttons = makeButtons(this.#moves);
  #controls = new Controls(this.#buttons, (mode) => (this.mode = mode), (gain) => (this.gain = gain));
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
    for (const name of [...Object.keys(KEPT), ...PROPERTIES, 'annotations']) if (Object.hasOwn(this, name)) this.#upgrade(name);
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

  static {
    addKept(this.prototype, (viewer, ...how) => viewer.#set(...how));
    addLook(this.prototype, (viewer) => viewer.#look, (viewer, name, value) => viewer.#adjust(name, value));
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

  get annotations() {
    return this.#tools?.annotations ?? this.#noted ?? [];
  }

  set annotations(value) {
    this.#noted = value ?? [];
    this.#toolbox?.use((tools) => (tools.annotations = this.#noted));
  }

  get state() {
    return this.object ? writeState(this, this.#tools) : this.#wanted;
  }

  set state(value) {
    const text = String(value ?? '');
    if (!this.object) this.#wanted = text;
    else if (needsTools(text) && !this.#tools) this.#toolbox.use(() => this.#apply(text));
    else this.#apply(text);
  }

  #apply(text) {
    readState(this, this.#tools, text, (error) => this.#refuse(error));
  }

  get #tools() {
    return this.#toolbox?.tools ?? null;
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
      if (this.#sweep.isOn) this.light = this.#sweep.at(now, this.light);
      this.#controls.press('sweep', this.#sweep.isOn);
      this.#stage?.draw();
    });
  }

  toggleSweep(seconds, turns) {
    if (!this.object) return;
    if (this.#sweep.isOn) this.#sweep.stop();
    else this.#sweep.start(seconds, turns);
    this.#controls.press('sweep', this.#sweep.isOn);
    if (Math.hypot(this.light[0], this.light[1]) < LEAST_RADIUS) this.#moveLight(SWEEP_RADIUS * this.#reach, 0);
    this.redraw();
  }

  async picture(given) {
    if (!this.#stage) throw new ObjectError('expected an object that is open, got none: wait for rti-load');
    const light = given ? readLight(given) : this.light;
    return this.#stage.use(async (scene) => (await import('./whole.js')).wholePicture(scene, scene.sight({ light })));
  }

  async snapshot(lights) {
    this.#controls.say(words.making);
    await (await import('./snapshot.js')).saveSnapshot(this, this.#link, lights?.map(readLight));
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
      const files = (this.files = new Files(source));
      const object = await openObject(files);
      if (opening !== this.#openings) return;
      tick('described');
      await this.#show(files, object, tick);
      if (opening !== this.#openings) return;
      this.#controls.say('');
      tick('drawn');
      this.#controls.showDrawings();
      if (!this.#link?.isFollowed) this.#controls.greet(this.#area, NOTICE_MS);
      this.dispatchEvent(new CustomEvent('rti-load'));
    } catch (error) {
      if (opening === this.#openings) this.#fail(error);
    }
  }

  /** @returns {Promise<void>} resolves when it is drawn. */
  #show(files, object, tick) {
    this.#setStage(files, object);
    const drawn = this.#stage.wake(tick);
    this.object = object;
    this.#toolbox = new Toolbox(this.#forTools(), (elements) => {
      this.#stage.canvas.after(...elements);
      this.redraw();
    });
    this.#ball = new LightBall(object.lights, (x, y) => this.#lead(x, y));
    this.#controls.showObject(object, this.#ball.element);
    const light = this.#light ?? this.#firstLight();
    this.#light = null;
    this.light = light;
    this.#fitCanvas();
    if (this.#noted) this.annotations = this.#noted;
    else if (object.annotated) this.#toolbox.use(() => {});
    if (this.#wanted) this.state = this.#wanted;
    this.#wanted = '';
    this.#link?.start();
    return drawn;
  }

  #close() {
    this.#openings++;
    this.#toolbox?.close();
    this.#stage?.close();
    this.object = this.#stage = this.#toolbox = this.#ball = null;
    this.timings = {};
    this.#state = '';
    this.#past.clear();
    this.#sweep.stop();
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
      onWaiting: (what) => this.#controls.say(what && words[what]),
      onMiss: (error) => this.#miss(error),
      onFail: (error) => this.#fail(error),
      isMoving: () => this.#sweep.isOn,
      isSeen: () => this.#seen,
    }));
    followPointers(stage.canvas, this.#moves);
    stage.canvas.setAttribute('aria-label', words.picture);
    stage.canvas.classList.toggle('hand', this.#panning);
    this.#area.prepend(stage.canvas);
  }

  /** @returns {import('./tools.js').Worked} */
  #forTools() {
    return {
      ...{ viewer: this, area: this.#area, object: this.object, stage: this.#stage, files: this.files },
      ...{ address: this.src, keys: listKeys(this.#buttons) },
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
    const seen = { light: this.light, mode: this.#mode, gain: this.#gain, look: this.#look };
    if (this.#stage) Object.assign(this.#stage.scene, seen);
    this.redraw();
  }

  #adjust(name, value) {
    const { plain, read } = LOOK[name];
    this.#set(value, (given) => read(given, name), (understood) => {
      this.#look = { ...this.#look, [name]: understood ?? plain };
      this.#update();
    });
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
    this.#controls.showLegend(this.#stage.scene.legend, this.scale);
    this.#controls.showScale(this.scale && (this.scale / this.view.scale) * devicePixelRatio);
  }

  /** All stands still: what is seen can be gone back to, and a profile shows it. */
  #stand() {
    if (!this.object) return;
    this.#past.add(this.state);
    this.#tools?.refresh();
  }

  #undo() {
    const before = this.#past.back(this.state);
    if (before !== undefined) this.state = before;
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

  /** A hand moves the light: it takes it out of its sweep. */
  #lead(x, y) {
    if (this.#sweep.isOn) this.toggleSweep();
    this.#moveLight(x, y);
  }

  /** @returns {import('./commands.js').Commanded} */
  #forCommands() {
    const told = (act) => () => act().catch((error) => this.#notify(error));
    return {
      view: () => this.view,
      redraw: () => this.redraw(),
      light: () => this.light,
      lead: (x, y) => this.#lead(x, y),
      tools: () => this.#tools,
      toggle: (tool) => this.#toolbox?.use((tools) => tools.toggle(tool)),
      panning: () => this.#panning,
      acts: {
        hand: () => this.#togglePanning(),
        sweep: () => this.toggleSweep(),
        undo: () => this.#undo(),
        reset: () => (this.state = ''),
        link: () => this.#link && told(() => this.#copyLink())(),
        snapshot: told(() => this.snapshot()),
        fullscreen: () => document.fullscreenEnabled && told(() => toggleFullscreen(this))(),
      },
    };
  }

  async #copyLink() {
    await this.#link.copy();
    this.#controls.say(words.linkCopied, 'status', DONE_MS);
  }

  #togglePanning() {
    this.#panning = !this.#panning;
    this.#stage?.canvas.classList.toggle('hand', this.#panning);
    this.#controls.press('hand', this.#panning);
  }

  /** The object cannot be shown. */
  #fail(error) {
    this.#close();
    this.#report(error);
  }

  /** A part of the object is missing, but there is a picture. */
  #miss(error) {
    if (this.#mode !== 'relight') this.mode = 'relight';
    this.#notify(error);
  }

  /** Something did not work, but there is a picture. */
  #notify(error) {
    this.#report(error, NOTICE_MS);
  }

  #report(error, ms = 0) {
    const message = error instanceof ObjectError ? error.message : `The viewer failed: ${error.message}`;
    this.#controls.say(message, 'alert', ms);
    this.dispatchEvent(new CustomEvent('rti-error', { detail: message }));
  }
}

// A page may load the scripts from two exports.
if (!customElements.get('rti-viewer')) customElements.define('rti-viewer', RtiViewer);
