/**
 * Annotations of an object, as W3C Web Annotations: https://www.w3.org/TR/annotation-model/. The target's `state` says how
 * the object was looked at, see `state.js`. docs/annotations.md describes the file.
 */

import { ObjectError } from './fields.js';
import { fromSelector, toSelector } from './shapes.js';

const CONTEXT = ['http://www.w3.org/ns/anno.jsonld', { RtiState: 'urn:fastrti:RtiState' }];
const MAX_BYTES = 10e6;
const MAX_NOTES = 10_000;
const MAX_TEXT = 20_000; // characters

/**
 * @typedef {object} Note
 * @property {string} id
 * @property {string} text plain: it is never read as markup.
 * @property {import('./shapes.js').Shape} shape
 * @property {string} state as `state.js` writes it; '' where none is known.
 * @property {string} creator
 * @property {string} created,modified ISO 8601
 * @property {object} source the annotation that it came from: what fastrti does not know is kept.
 */

/** A new note of a place. */
export function newNote(shape, state) {
  const now = new Date().toISOString();
  const random = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const id = `urn:uuid:${random.replace(/^(.{8})(.{4}).(.{3})(.)(.{3})(.{12})$/, '$1-$2-4$3-a$5-$6')}`;
  return { id, text: '', shape, state, creator: '', created: now, modified: now, source: {} };
}

/**
 * The notes of an AnnotationPage, an AnnotationCollection's first page, or a plain list.
 * @param {string} json
 * @param {string} where names the file in errors.
 * @returns {{notes: Note[], skipped: number}} skipped: annotations without a place on the picture.
 */
export function readNotes(json, where) {
  if (json.length > MAX_BYTES) throw new ObjectError(`${where}: expected at most 10 MB of annotations, got more.`);
  let page;
  try {
    page = JSON.parse(json);
  } catch (error) {
    throw new ObjectError(`${where}: expected JSON, got a file that does not parse (${error.message}).`);
  }
  const items = Array.isArray(page) ? page : (page?.items ?? page?.first?.items);
  if (!Array.isArray(items)) throw new ObjectError(`${where}: expected W3C Web Annotations, got another file.`);
  if (items.length > MAX_NOTES) {
    throw new ObjectError(`${where}: expected at most ${MAX_NOTES} annotations, got ${items.length}.`);
  }
  const notes = items.map(readNote).filter(Boolean);
  return { notes, skipped: items.length - notes.length };
}

/** The text of an AnnotationPage. */
export function writeNotes(notes) {
  return `${JSON.stringify({ '@context': CONTEXT, type: 'AnnotationPage', items: notes.map(toAnnotation) }, null, 1)}\n`;
}

function readNote(annotation) {
  const target = firstOf(annotation?.target);
  const shape = asList(target?.selector).map(fromSelector).find(Boolean);
  if (!shape) return null;
  const bodies = asList(annotation.body).map((body) => (typeof body === 'string' ? body : body?.value));
  const state = asList(target.state).find((each) => each?.type === 'RtiState')?.value;
  return {
    id: asText(annotation.id) || newNote(shape, '').id,
    text: bodies.filter((value) => typeof value === 'string').join('\n').slice(0, MAX_TEXT),
    shape,
    state: asText(state),
    creator: asText(firstOf(annotation.creator)?.name ?? annotation.creator),
    created: asText(annotation.created),
    modified: asText(annotation.modified),
    source: annotation,
  };
}

/** A note as a W3C Web Annotation. */
export function toAnnotation(note) {
  const target = firstOf(note.source.target) ?? {};
  const state = note.state && { state: { type: 'RtiState', value: note.state } };
  return {
    ...note.source,
    ...{ id: note.id, type: 'Annotation', motivation: note.source.motivation ?? 'commenting' },
    ...(note.creator && { creator: { type: 'Person', name: note.creator } }),
    ...{ created: note.created, modified: note.modified },
    body: [{ type: 'TextualBody', value: note.text, format: 'text/plain' }],
    target: { source: 'info.json', ...target, selector: toSelector(note.shape), ...state },
  };
}

const asList = (value) => (value === undefined || value === null ? [] : [value].flat());
const firstOf = (value) => asList(value)[0];
const asText = (value) => (typeof value === 'string' ? value.slice(0, MAX_TEXT) : '');

/**
 * The notes of one object: those of its folder, with what a person changed, which this browser keeps until it is
 * downloaded or taken back.
 */
export class Notebook {
  /** @type {Note[]} */
  notes = [];
  /** Whether this browser keeps changes that the object's folder does not have. */
  isEdited = false;
  /** Whether the browser lets the page keep anything. */
  isKept = true;
  #key;
  #changed;
  #published = [];

  /**
   * @param {string} key names the object in the storage of the browser.
   * @param {() => void} changed called when a person has changed the notes.
   */
  constructor(key, changed) {
    this.#changed = changed;
    this.#key = `fastrti annotations ${new URL(key, document.baseURI).href}`;
    const kept = this.#kept();
    this.isEdited = kept !== null;
    this.notes = kept ?? [];
  }

  /** Takes the notes of the object's folder, where a person has not changed them. */
  publish(notes) {
    this.#published = notes;
    if (!this.isEdited) this.notes = notes;
  }

  /** Takes the notes of whoever shows the object: they keep what a person changes, and the browser keeps nothing. */
  host(notes) {
    [this.#key, this.isEdited] = [null, false];
    this.notes = notes;
  }

  /** Adds a note, or puts it in the place of the one with its id. */
  put(...notes) {
    const ids = new Set(notes.map(({ id }) => id));
    this.#set([...this.notes.filter(({ id }) => !ids.has(id)), ...notes]);
  }

  remove(id) {
    this.#set(this.notes.filter((note) => note.id !== id));
  }

  /** Takes back what this browser keeps. */
  revert() {
    this.notes = this.#published;
    this.isEdited = false;
    try {
      localStorage.removeItem(this.#key);
    } catch {} // nothing was kept
    this.#changed();
  }

  #set(notes) {
    this.notes = notes;
    if (this.#key !== null) this.#keep();
    this.#changed();
  }

  #keep() {
    this.isEdited = true;
    try {
      localStorage.setItem(this.#key, writeNotes(this.notes));
    } catch {
      this.isKept = false; // the panel says so
    }
  }

  #kept() {
    try {
      const json = localStorage.getItem(this.#key);
      return json === null ? null : readNotes(json, 'annotations').notes;
    } catch {
      return null;
    }
  }
}
