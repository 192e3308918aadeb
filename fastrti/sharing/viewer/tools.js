/** The tools over the picture: ruler, notes, information and help, one of them open at a time. */

import { Adjust } from './adjust.js';
import { Compare } from './compare.js';
import { make } from './controls.js';
import { Ruler, heightsAlong } from './measure.js';
import { Notebook, readNotes, toAnnotation } from './notes.js';
import { NotesPanel } from './notes-panel.js';
import { Overlay } from './overlay.js';
import { Panel } from './panel.js';
import { TOOL_STYLE } from './tool-style.js';
import { toolWords } from './tool-words.js';
import { pixelsAlong } from './whole.js';
import { filled } from './words.js';

const ANNOTATIONS = 'annotations.json';

/**
 * @typedef {object} Worked what the tools need of the viewer.
 * @property {HTMLElement} viewer
 * @property {HTMLElement} area that holds the picture.
 * @property {import('./object.js').RtiObject} object
 * @property {import('./stage.js').Stage} stage
 * @property {import('./files.js').Files} files of the object.
 * @property {string} address of the object.
 * @property {[string, string][]} keys what each key does, for the help.
 * @property {() => number|null} scale millimetres for each pixel of the picture.
 * @property {(mmPerPixel: number) => void} setScale
 * @property {() => string} state
 * @property {(state: string) => void} show
 * @property {() => void} changed something of the state is another.
 * @property {(error: Error) => void} failed
 * @property {(name: string|null) => void} pressed which tool is open now.
 */

/** The tools of one object. */
export class Tools {
  /** To be placed over the canvas, below the controls. */
  elements;
  /** What a plain drag does instead of moving the light, or null. */
  tool = null;
  #overlay = new Overlay();
  #panel = new Panel();
  #on;
  #ruler;
  #compare;
  #adjust;
  #notebook;
  #notes;

  /** @param {Worked} on */
  constructor(on) {
    this.#on = on;
    this.elements = [make('style', {}, TOOL_STYLE), this.#overlay.element, this.#panel.element];
    this.#notebook = new Notebook(on.address, () => {
      on.viewer.dispatchEvent(new CustomEvent('rti-annotations', { detail: this.annotations }));
    });
    this.#adjust = new Adjust({ ...on, use: (tool) => (this.tool = tool) });
    this.#compare = new Compare({ ...on, layer: this.#overlay.layer('marks'), use: (tool) => (this.tool = tool) });
    const grab = () => devicePixelRatio / this.#view.scale;
    this.#ruler = new Ruler(this.#overlay.layer('ruler'), {
      scale: on.scale,
      setScale: on.setScale,
      profile: (kind, from, to) => this.#profile(kind, from, to),
      grab,
      changed: on.changed,
      failed: on.failed,
    });
    this.#notes = new NotesPanel(this.#overlay.layer('marks'), this.#notebook, {
      state: () => withoutTools(on.state()),
      show: (state) => on.show(state),
      seen: () => this.#view.seen,
      grab,
      use: (tool) => (this.tool = tool),
      changed: on.changed,
      open: (title, content) => this.#open('notes', title, content, () => this.#notes.close()),
      failed: on.failed,
    });
  }

  /** Reads the notes of the object's folder, where it has some. */
  async load() {
    if (!this.#on.object.annotated) return;
    try {
      this.#notebook.publish(readNotes(await this.#on.files.text(ANNOTATIONS), ANNOTATIONS).notes);
      this.#notes.showMarks();
    } catch (error) {
      this.#on.failed(error);
    }
  }

  /** What the notebook holds, as W3C Web Annotations. Who sets it keeps it from then on, in place of the browser. */
  get annotations() {
    return this.#notebook.notes.map(toAnnotation);
  }

  set annotations(items) {
    this.#notebook.host(readNotes(JSON.stringify(items), 'annotations').notes);
    this.#notes.refresh();
  }

  /** Opens a tool, or closes it where it is open. */
  toggle(name) {
    if (this.#panel.open === name) this.close();
    else if (name === 'notes') this.#notes.showAll();
    else if (name === 'ruler') this.#measure();
    else if (name === 'compare') this.#openCompare(this.#compare.offered());
    else if (name === 'adjust') this.#open('adjust', toolWords.adjust, this.#adjust.content, () => this.#adjust.close());
    else if (name === 'info') this.#open('info', toolWords.info, [this.#facts()]);
    else this.#open('help', toolWords.help, [table(this.#on.keys)]);
  }

  /** Closes what is open; false where nothing is. */
  close() {
    const isOpen = this.#panel.open !== null;
    this.#panel.close();
    return isOpen;
  }

  /** A press that did not move: opens the note there. */
  tap(point) {
    return this.#notes.openAt(point);
  }

  /** The picture was drawn. */
  follow() {
    this.#overlay.follow(this.#view, devicePixelRatio);
    this.#compare.follow();
    if (this.#panel.open === 'adjust') this.#adjust.follow();
  }

  /** The light rests: a profile shows it. */
  refresh() {
    if (this.#panel.open === 'ruler') this.#ruler.refresh();
  }

  // --- parts of the state --------------------------------------------------------------------------------------------

  get line() {
    return this.#panel.open === 'ruler' ? this.#ruler.line : '';
  }

  set line(text) {
    this.#ruler.line = text;
    if (text && this.#panel.open !== 'ruler') this.#measure();
    else if (!text && this.#panel.open === 'ruler') this.close();
    this.refresh();
  }

  get compare() {
    return this.#compare.value;
  }

  set compare(text) {
    if (text) this.#openCompare(text);
    else if (this.#compare.value) this.close();
  }

  get other() {
    return this.#compare.other;
  }

  set other(address) {
    this.#compare.other = address;
  }

  get match() {
    return this.#compare.match;
  }

  set match(text) {
    this.#compare.match = text;
  }

  get note() {
    return this.#notes.opened;
  }

  set note(id) {
    if (id !== this.#notes.opened) this.#notes.opened = id;
  }

  // -------------------------------------------------------------------------------------------------------------------

  get #view() {
    return this.#on.stage.scene.view;
  }

  #open(name, title, content, closed = () => {}) {
    this.#panel.show(name, title, content, () => {
      closed();
      this.#on.pressed(null);
    });
    this.#on.pressed(name);
  }

  #openCompare(text) {
    if (this.#panel.open !== 'compare') {
      this.#open('compare', toolWords.compare, this.#compare.content, () => {
        this.#compare.close();
        this.#on.changed();
      });
    }
    this.#compare.value = text;
    this.#on.changed();
  }

  #measure() {
    this.#open('ruler', toolWords.ruler, this.#ruler.content, () => {
      this.tool = null;
      this.#ruler.line = '';
      this.#on.changed();
    });
    this.tool = this.#ruler;
  }

  async #profile(kind, from, to) {
    const isHeight = kind === 'height';
    const pixels = await this.#on.stage.use((scene) => pixelsAlong(scene, scene.sight(isHeight ? { mode: 'normals' } : {}), from, to));
    if (!isHeight) return pixels.map(([red, green, blue]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue);
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
    const normals = pixels.map((bytes) => unit(bytes.map((byte) => byte - 127.5)));
    return heightsAlong(normals, [(to[0] - from[0]) / length, (to[1] - from[1]) / length]);
  }

  #facts() {
    const { title, creator, rights, width, height, lights, steps } = this.#on.object;
    const scale = this.#on.scale();
    const millimetres = scale ? `, ${[width, height].map((side) => Number((side * scale).toPrecision(4))).join(' × ')} mm` : '';
    return table([
      [toolWords.title, title],
      [toolWords.author, creator],
      [toolWords.rights, rights],
      [toolWords.size, `${width} × ${height} ${toolWords.pixels}${millimetres}`],
      [toolWords.scale, scale ? filled(toolWords.perPixel, { scale: Number(scale.toPrecision(4)) }) : toolWords.unknown],
      [toolWords.photographed, lights.length ? String(lights.length) : ''],
      ...steps,
    ]);
  }
}

/** A note keeps light, mode and view, and no other note. */
function withoutTools(state) {
  const parts = new URLSearchParams(state);
  for (const name of ['note', 'line', 'compare', 'other', 'match']) parts.delete(name);
  return [...parts].map((pair) => pair.join('=')).join('&');
}

function table(rows) {
  const known = rows.filter(([, value]) => value);
  return make('dl', {}, ...known.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
}

function unit(vector) {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
