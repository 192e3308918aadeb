/** Notes on the picture: the marks, the list that can be searched, the editor, and the tool that draws shapes. */

import { download, make, svg } from './controls.js';
import { newNote, readNotes, writeNotes } from './notes.js';
import { label } from './overlay.js';
import { action, field } from './panel.js';
import { distanceTo, toPath } from './shapes.js';
import { toolWords } from './tool-words.js';
import { filled } from './words.js';

const MOST_LISTED = 200;
const ON_MARK = 10; // CSS pixels around a mark that count as on it
const SHAPES = ['point', 'line', 'rectangle', 'polygon'];

/**
 * @typedef {object} Noted what the notes need of the viewer.
 * @property {() => string} state what is seen now.
 * @property {(state: string) => void} show
 * @property {() => number[]} seen left, top, right, bottom in pixels of the picture.
 * @property {() => number} grab pixels of the picture in a CSS pixel.
 * @property {(tool: import('./interaction.js').Tool|null) => void} use
 * @property {() => void} changed another note is open, or none.
 * @property {(title: string, content: Element[]) => void} open shows the panel.
 * @property {(error: Error) => void} failed
 */

/** The notes of one object, on a layer over the picture. */
export class NotesPanel {
  #layer;
  #notebook;
  #on;
  #opened = null; // the id of the note that is open
  #drawn = null; // the points of the shape that is being drawn
  #search = make('input', { type: 'search', placeholder: toolWords.searchNotes, 'aria-label': toolWords.searchNotes });
  #list = make('ul', { class: 'notes' });

  /**
   * @param {SVGGElement} layer
   * @param {import('./notes.js').Notebook} notebook
   * @param {Noted} on
   */
  constructor(layer, notebook, on) {
    this.#layer = layer;
    this.#notebook = notebook;
    this.#on = on;
    this.#search.addEventListener('input', () => this.#showList());
    this.showMarks();
  }

  /** The id of the note that is open, or ''. */
  get opened() {
    return this.#opened ?? '';
  }

  /** Opens the note of that id: its place, light and mode; '' and what is not there close what is open. */
  set opened(id) {
    const note = this.#notebook.notes.find((each) => each.id === id);
    if (note) this.#read(note);
    else if (this.#opened) this.close();
  }

  /** Shows the list. */
  showAll() {
    this.close();
    const kinds = make('select', {}, ...SHAPES.map((kind) => make('option', { value: kind }, toolWords[kind])));
    const file = make('input', { type: 'file', accept: '.json,application/json', hidden: '' });
    file.addEventListener('change', () => this.#import(file));
    const edited = [
      action(toolWords.download, () => this.#download()),
      ...(this.#notebook.isEdited ? [action(toolWords.discard, () => this.#revert())] : []),
    ];
    this.#on.open(toolWords.notes, [
      make('div', { class: 'row' }, field(toolWords.newNote, kinds), action(toolWords.draw, () => this.#draw(kinds.value))),
      make('div', { class: 'row' }, action(toolWords.inTheMiddle, () => this.#edit(newNote(this.#middle(kinds.value), this.#on.state())))),
      this.#search,
      this.#list,
      make('div', { class: 'row' }, action(toolWords.importNotes, () => file.click()), ...edited, file),
      ...(this.#notebook.isEdited ? [make('p', { class: 'hint' }, this.#notebook.isKept ? toolWords.keptHere : toolWords.notKept)] : []),
    ]);
    this.#showList();
  }

  /** The notes are others. */
  refresh() {
    if (!this.#notebook.notes.some(({ id }) => id === this.#opened)) this.#opened = null;
    this.showMarks();
    this.#showList();
  }

  /** Ends what is open or being drawn. */
  close() {
    const wasOpen = this.#opened !== null;
    [this.#opened, this.#drawn] = [null, null];
    this.#on.use(null);
    this.showMarks();
    if (wasOpen) this.#on.changed();
  }

  /** Opens the note at a point of the picture; false where there is none. */
  openAt(point) {
    const reach = ON_MARK * this.#on.grab();
    const near = this.#notebook.notes.map((note) => [distanceTo(note.shape, point), note]);
    const [distance, note] = near.reduce((best, each) => (each[0] < best[0] ? each : best), [Infinity]);
    if (distance > reach) return false;
    this.#read(note);
    return true;
  }

  /** Draws the marks: all in one path, however many there are. */
  showMarks() {
    const all = this.#notebook.notes.map(({ shape }) => toPath(shape)).join('');
    const paths = [svg('path', { d: all, class: 'under' }), svg('path', { d: all })];
    const note = this.#notebook.notes.find(({ id }) => id === this.#opened);
    if (note) paths.push(svg('path', { d: toPath(note.shape), class: 'open' }), label(note.shape.points[0], note.text.slice(0, 40)));
    if (this.#drawn) paths.push(svg('path', { d: toPath({ kind: 'line', points: this.#drawn }), class: 'open' }));
    this.#layer.replaceChildren(...paths);
  }

  #showList() {
    const wanted = this.#search.value.trim().toLowerCase();
    const found = this.#notebook.notes.filter(({ text, creator }) => `${text} ${creator}`.toLowerCase().includes(wanted));
    const items = found.slice(0, MOST_LISTED).map((note) => {
      const button = action(note.text || toolWords.noText, () => this.#read(note));
      return make('li', {}, button);
    });
    const more = found.length - items.length;
    if (more > 0) items.push(make('li', { class: 'hint' }, filled(toolWords.moreNotes, { n: more })));
    if (!found.length) items.push(make('li', { class: 'hint' }, toolWords.noNotes));
    this.#list.replaceChildren(...items);
  }

  #read(note) {
    this.#drawn = null;
    this.#on.use(null);
    if (note.state) this.#on.show(note.state);
    const facts = [note.creator, note.modified && new Date(note.modified).toLocaleString()].filter(Boolean).join(' · ');
    this.#on.open(toolWords.note, [
      make('p', { class: 'text' }, note.text || toolWords.noText),
      make('p', { class: 'hint' }, facts),
      make(
        'div',
        { class: 'row' },
        action(toolWords.allNotes, () => this.showAll()),
        action(toolWords.edit, () => this.#edit(note)),
        action(toolWords.remove, () => this.#remove(note)),
      ),
    ]);
    this.#opened = note.id; // now: the panel before has closed, and with it what was open
    this.showMarks();
    this.#on.changed();
  }

  #edit(note) {
    this.#on.use(null);
    const text = make('textarea', { rows: 5 });
    const creator = make('input', { value: note.creator || lastCreator() });
    const typed = note.shape.points.map((point) => point.map((value) => Number(value.toFixed(1)))).join(' ');
    const place = make('input', { value: typed });
    const takesLight = make('input', { type: 'checkbox' });
    takesLight.checked = true;
    text.value = note.text;
    const form = make(
      'form',
      {},
      ...[field(toolWords.text, text), field(toolWords.creator, creator), field(toolWords.place, place)],
      field(toolWords.keepLight, takesLight),
      make('div', { class: 'row' }, action(toolWords.save, () => {}), action(toolWords.cancel, () => this.showAll())),
    );
    form.querySelector('.action').type = 'submit';
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const shape = place.value === typed ? note.shape : moved(note.shape, place.value);
      const state = takesLight.checked ? this.#on.state() : note.state;
      rememberCreator(creator.value);
      const changed = { ...note, text: text.value, creator: creator.value, shape, state, modified: new Date().toISOString() };
      this.#notebook.put(changed);
      this.#read(changed);
    });
    this.#on.open(toolWords.note, [form]);
    this.#opened = note.id;
    this.showMarks();
    text.focus();
  }

  #remove(note) {
    this.#notebook.remove(note.id);
    this.showAll();
  }

  #revert() {
    this.#notebook.revert();
    this.showAll();
  }

  #download() {
    const blob = new Blob([writeNotes(this.#notebook.notes)], { type: 'application/json' });
    download(blob, 'annotations.json');
  }

  async #import(input) {
    try {
      const [file] = input.files;
      this.#notebook.put(...readNotes(await file.text(), file.name).notes);
      this.showAll();
    } catch (error) {
      this.#on.failed(error);
    }
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  #draw(kind) {
    const finish = (points) => {
      this.#drawn = null;
      this.#on.use(null);
      this.#edit(newNote({ kind, points }, this.#on.state()));
    };
    const show = (points) => {
      this.#drawn = points;
      this.showMarks();
    };
    const corners = []; // of a polygon
    const isFirst = (point) => corners.length > 2 && Math.hypot(point[0] - corners[0][0], point[1] - corners[0][1]) < ON_MARK * this.#on.grab();
    let start = null;
    const dragged = {
      down: (point) => (start = point),
      move: (point) => show(kind === 'rectangle' ? corner(start, point) : [start, point]),
      up: (point) => finish(kind === 'point' ? [point] : [start, point]),
    };
    const clicked = {
      down: () => {},
      move: (point) => show([...corners, point]),
      up: (point) => {
        if (isFirst(point)) return finish(corners);
        corners.push(point);
        return show([...corners]);
      },
    };
    const done = kind === 'polygon' ? [action(toolWords.finish, () => corners.length > 2 && finish(corners))] : [];
    const hint = make('p', {}, toolWords[`draw_${kind}`]);
    this.#on.open(toolWords.newNote, [hint, make('div', { class: 'row' }, ...done, action(toolWords.cancel, () => this.showAll()))]);
    this.#on.use(kind === 'polygon' ? clicked : dragged);
  }

  /** A shape in the middle of what is seen, for who has no pointer: its place can be typed. */
  #middle(kind) {
    const [left, top, right, bottom] = this.#on.seen();
    const [x, y, dx, dy] = [(left + right) / 2, (top + bottom) / 2, (right - left) / 8, (bottom - top) / 8];
    const from = [x - dx, y - dy];
    const to = [x + dx, y + dy];
    return { kind, points: { point: [[x, y]], line: [from, to], rectangle: [from, to], polygon: [from, [to[0], from[1]], to] }[kind] };
  }
}

function corner([x0, y0], [x1, y1]) {
  return [[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]];
}

/** The shape at other points; where these are not as many, where it was. */
function moved(shape, text) {
  const points = text.trim().split(/\s+/).map((pair) => pair.split(',').map(Number));
  const fits = points.length === shape.points.length && points.every((pair) => pair.length === 2 && pair.every(Number.isFinite));
  return fits ? { ...shape, points } : shape;
}

const CREATOR = 'fastrti creator';

function lastCreator() {
  try {
    return localStorage.getItem(CREATOR) ?? '';
  } catch {
    return '';
  }
}

function rememberCreator(name) {
  try {
    localStorage.setItem(CREATOR, name);
  } catch {} // the browser lets the page keep nothing
}

