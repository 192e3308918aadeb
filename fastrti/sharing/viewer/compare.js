/** A second picture of the object beside the first, under a slider or in a lens: another mode, or another light. */

import { make } from './controls.js';
import { LOOK } from './look.js';
import { field } from './panel.js';
import { MODES } from './shaders.js';
import { toolWords } from './tool-words.js';
import { readLight, readMode, reject } from './values.js';

const WAYS = ['slider', 'side', 'lens'];
const LENS = 110; // CSS pixels of radius
const STEP = 0.02; // of the width, by a key

/**
 * @typedef {object} Compared what the comparison needs of the viewer.
 * @property {HTMLElement} viewer
 * @property {HTMLElement} area that holds the picture.
 * @property {() => void} changed
 */

/** A comparison in the area of a viewer. */
export class Compare {
  /** What the panel shows. */
  content;
  #on;
  #way = 'slider';
  #mode = 'normals';
  #light = null; // null: that of the first picture
  #other = null;
  #edge = make('div', { class: 'edge', role: 'slider', tabindex: 0, 'aria-valuemin': 0, 'aria-valuemax': 100 });
  #at = 0.5;
  #lens = null; // where it is; null: in the middle
  #ways = options(WAYS);
  #modes = options(Object.keys(MODES));
  #holds = make('input', { type: 'checkbox' });
  #follow = (event) => this.#look(event);

  /** @param {Compared} on */
  constructor(on) {
    this.#on = on;
    this.#edge.setAttribute('aria-label', toolWords.slider);
    this.content = [
      field(toolWords.compareBy, this.#ways),
      field(toolWords.shown, this.#modes),
      field(toolWords.holdLight, this.#holds),
      make('p', { class: 'hint' }, toolWords.compareHint),
    ];
    for (const input of [this.#ways, this.#modes, this.#holds]) input.addEventListener('change', () => this.#choose());
    this.#edge.addEventListener('pointerdown', (event) => this.#edge.setPointerCapture(event.pointerId));
    this.#edge.addEventListener('pointermove', (event) => this.#edge.hasPointerCapture(event.pointerId) && this.#slide(event));
    this.#edge.addEventListener('keydown', (event) => this.#step(event));
  }

  /** The comparison as text, '' for none: "slider,normals", or with a light of its own "lens,relight,0.3,0.5,0.81". */
  get value() {
    return this.#other ? [this.#way, this.#mode, ...(this.#light ?? [])].join() : '';
  }

  set value(text) {
    if (!text) return this.close();
    const [way, mode, ...light] = text.split(',');
    if (!WAYS.includes(way)) reject(`compare to begin with one of ${WAYS.join(', ')}`, text);
    [this.#way, this.#mode, this.#light] = [way, readMode(mode), light.length ? readLight(light.join()) : null];
    this.open();
  }

  /** Shows the second picture. */
  open() {
    const { area, viewer } = this.#on;
    [this.#ways.value, this.#modes.value, this.#holds.checked] = [this.#way, this.#mode, this.#light !== null];
    if (!this.#other) {
      this.#other = make('rti-viewer', { class: 'other', controls: 'none', src: viewer.src });
      this.#other.addEventListener('rti-load', () => this.follow());
      area.querySelector('.overlay').before(this.#other, this.#edge);
      area.addEventListener('pointermove', this.#follow);
    }
    area.classList.toggle('halved', this.#way === 'side');
    this.#other.mode = this.#mode;
    this.follow();
    this.#clip();
  }

  /** Ends it. */
  close() {
    this.#other?.remove();
    this.#edge.remove();
    this.#on.area.classList.remove('halved');
    this.#on.area.removeEventListener('pointermove', this.#follow);
    this.#other = this.#light = null;
  }

  /** The first picture was drawn: the second one shows the same place. */
  follow() {
    const { viewer } = this.#on;
    if (!this.#other) return;
    this.#other.light = this.#light ?? viewer.light;
    for (const name of ['gain', ...Object.keys(LOOK)]) {
      if (String(this.#other[name]) !== String(viewer[name])) this.#other[name] = viewer[name];
    }
    if (!this.#other.view) return;
    const { centre, scale, turn } = viewer.view;
    this.#other.view.rotate(turn - this.#other.view.turn);
    this.#other.view.show([...centre], scale);
    this.#other.redraw();
  }

  #choose() {
    [this.#way, this.#mode] = [this.#ways.value, this.#modes.value];
    this.#light = this.#holds.checked ? [...this.#on.viewer.light] : null;
    this.open();
    this.#on.changed();
  }

  #slide(event) {
    const { left, width } = this.#on.area.getBoundingClientRect();
    this.#move((event.clientX - left) / width);
  }

  #step(event) {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (!step) return;
    event.stopPropagation();
    event.preventDefault();
    this.#move(this.#at + step);
  }

  #move(at) {
    this.#at = Math.min(Math.max(at, 0), 1);
    this.#clip();
  }

  #look(event) {
    const { left, top } = this.#on.area.getBoundingClientRect();
    this.#lens = [event.clientX - left, event.clientY - top];
    if (this.#way === 'lens') this.#clip();
  }

  /** What of the second picture is seen. */
  #clip() {
    const percent = `${(100 * this.#at).toFixed(2)}%`;
    const [x, y] = this.#lens?.map((length) => `${length}px`) ?? ['50%', '50%'];
    const shapes = { slider: `inset(0 0 0 ${percent})`, side: 'none', lens: `circle(${LENS}px at ${x} ${y})` };
    this.#other.style.clipPath = shapes[this.#way];
    this.#edge.hidden = this.#way !== 'slider';
    this.#edge.style.left = percent;
    this.#edge.setAttribute('aria-valuenow', Math.round(100 * this.#at));
  }
}

function options(names) {
  return make('select', {}, ...names.map((value) => make('option', { value }, toolWords[value])));
}
