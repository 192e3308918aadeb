/** A second picture beside the first, under a slider or in a lens: another mode, another light, or another object. */

import { make } from './controls.js';
import { ObjectError } from './fields.js';
import { LOOK } from './look.js';
import { centred, matched, matchedLight } from './matching.js';
import { MatchTool } from './match-tool.js';
import { action, field } from './panel.js';
import { MODES } from './shaders.js';
import { toolWords } from './tool-words.js';
import { readLight, readMatch, readMode, reject } from './values.js';

const WAYS = ['slider', 'side', 'lens'];
const LENS = 110; // CSS pixels of radius
const STEP = 0.02; // of the width, by a key

/**
 * @typedef {object} Compared what the comparison needs of the viewer.
 * @property {HTMLElement} viewer
 * @property {HTMLElement} area that holds the picture.
 * @property {import('./object.js').RtiObject} object
 * @property {SVGGElement} layer over the picture.
 * @property {(tool: import('./interaction.js').Tool|null) => void} use
 * @property {() => void} changed
 * @property {(error: Error) => void} failed
 */

/** A comparison in the area of a viewer. */
export class Compare {
  /** What the panel shows. */
  content;
  #on;
  #way = 'slider';
  #mode = 'normals';
  #light = null; // null: that of the first picture
  #source = ''; // the address of another object; '': the same one
  #match = ''; // two places on both; '': middle on middle
  #other = null;
  #tool = null; // while two places are picked
  #edge = make('div', { class: 'edge', role: 'slider', tabindex: 0, 'aria-valuemin': 0, 'aria-valuemax': 100 });
  #at = 0.5;
  #lens = null; // where it is; null: in the middle
  #ways = options(WAYS);
  #modes = options(Object.keys(MODES));
  #holds = make('input', { type: 'checkbox' });
  #address = make('input', { type: 'text', placeholder: '../after/object', spellcheck: false });
  #places = make('input', { type: 'text', placeholder: 'x,y,X,Y,x,y,X,Y' });
  #picks = action(toolWords.match, () => this.#pick(), { 'aria-pressed': false });
  #matching = make('div', {}, field(toolWords.places, this.#places), make('div', { class: 'row' }, this.#picks));
  #hint = make('p', { class: 'hint', role: 'status' });
  #follow = (event) => this.#look(event);

  /** @param {Compared} on */
  constructor(on) {
    this.#on = on;
    this.#edge.setAttribute('aria-label', toolWords.slider);
    this.content = [
      field(toolWords.compareBy, this.#ways),
      field(toolWords.shown, this.#modes),
      field(toolWords.holdLight, this.#holds),
      field(toolWords.otherObject, this.#address),
      this.#matching,
      this.#hint,
    ];
    for (const input of [this.#ways, this.#modes, this.#holds]) input.addEventListener('change', () => this.#choose());
    this.#address.addEventListener('change', () => this.#told(() => this.#chooseObject()));
    this.#places.addEventListener('change', () => this.#told(() => this.#choosePlaces(this.#places.value)));
    this.#edge.addEventListener('pointerdown', (event) => this.#edge.setPointerCapture(event.pointerId));
    this.#edge.addEventListener('pointermove', (event) => this.#edge.hasPointerCapture(event.pointerId) && this.#slide(event));
    this.#edge.addEventListener('keydown', (event) => this.#step(event));
  }

  // --- parts of the state: object and places first -------------------------------------------------------------------

  /** The address of the second object, '' where it is the first one. */
  get other() {
    return this.#other ? this.#source : '';
  }

  set other(address) {
    this.#source = ''; // also where the address is refused
    this.#source = this.#allowed(address);
  }

  /** Two places on both pictures, '' where middle lies on middle. */
  get match() {
    return this.#other ? this.#match : '';
  }

  set match(text) {
    this.#match = text && readMatch(text);
  }

  /** The comparison as text, '' for none: "slider,normals", or with a light of its own "lens,relight,0.3,0.5,0.81". */
  get value() {
    return this.#other ? [this.#way, this.#mode, ...(this.#light ?? [])].join() : '';
  }

  set value(text) {
    const [way, mode, ...light] = text.split(',');
    if (!WAYS.includes(way)) reject(`compare to begin with one of ${WAYS.join(', ')}`, text);
    [this.#way, this.#mode, this.#light] = [way, readMode(mode), light.length ? readLight(light.join()) : null];
    this.open();
  }

  /** What a comparison begins with: the object that the page names, else the normals. */
  offered() {
    const { viewer } = this.#on;
    [this.#source, this.#match] = [viewer.other, viewer.match];
    return `slider,${viewer.other ? viewer.mode : 'normals'}`;
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Shows the second picture. */
  open() {
    const { area, viewer } = this.#on;
    [this.#ways.value, this.#modes.value, this.#holds.checked] = [this.#way, this.#mode, this.#light !== null];
    [this.#address.value, this.#places.value] = [this.#source, this.#match];
    const src = this.#source || viewer.src;
    if (this.#other?.src !== src) {
      this.#remove();
      this.#other = make('rti-viewer', { class: 'other', controls: 'none', src });
      this.#other.addEventListener('rti-load', () => this.follow());
      area.querySelector('.overlay').before(this.#other, this.#edge);
      area.addEventListener('pointermove', this.#follow);
    }
    this.#other.mode = this.#mode;
    this.follow();
    this.#lay();
  }

  /** Ends it. */
  close() {
    this.#remove();
    this.#on.area.classList.remove('halved');
    this.#on.area.removeEventListener('pointermove', this.#follow);
    this.#other = this.#light = null;
    this.#source = this.#match = '';
  }

  /** The first picture was drawn: the second one shows the same place. */
  follow() {
    const { viewer, object } = this.#on;
    if (!this.#other) return;
    this.#show('gain', viewer.gain);
    if (!this.#other.view || this.#tool) return;
    const lies = this.#match ? matched(this.#match.split(',').map(Number)) : centred(object, this.#other.object);
    for (const name of Object.keys(LOOK).filter((each) => each !== 'light2')) this.#show(name, viewer[name]);
    this.#show('light2', viewer.light2 && matchedLight(lies, viewer.light2));
    this.#other.light = matchedLight(lies, this.#light ?? viewer.light);
    const { middle, scale, turn } = viewer.view;
    this.#other.view.match(lies.at(middle), scale / lies.scale, (turn - lies.quarters + 4) % 4);
    this.#other.redraw();
  }

  /** Settings of the second picture are those of the first; what is the same already is no change. */
  #show(name, value) {
    if (String(this.#other[name]) !== String(value)) this.#other[name] = value;
  }

  #remove() {
    this.#endPicking();
    this.#other?.remove();
    this.#edge.remove();
  }

  // --- choosing ------------------------------------------------------------------------------------------------------

  #choose() {
    [this.#way, this.#mode] = [this.#ways.value, this.#modes.value];
    this.#light = this.#holds.checked ? [...this.#on.viewer.light] : null;
    this.open();
    this.#on.changed();
  }

  #chooseObject() {
    this.other = this.#address.value.trim();
    [this.#match, this.#mode] = ['', this.#on.viewer.mode];
    this.open();
    this.#on.changed();
  }

  #choosePlaces(text) {
    this.match = text.trim();
    this.#endPicking();
    this.open();
    this.#on.changed();
  }

  /** What is not understood is said, and changes nothing else. */
  #told(act) {
    try {
      act();
    } catch (error) {
      this.#on.failed(new ObjectError(error.message));
      this.open();
    }
  }

  /** Anyone may write a link: it shows objects of this site only, and those that the page names. */
  #allowed(address) {
    const { viewer } = this.#on;
    if (!address || address === viewer.other) return address;
    const url = URL.canParse(address, document.baseURI) && new URL(address, document.baseURI);
    if (url && url.protocol === location.protocol && url.host === location.host) return address;
    return reject('other to be an object of this site, or the one in the attribute "other"', address);
  }

  /** Begins to pick two places on both pictures, or ends it. */
  #pick() {
    if (this.#tool) {
      this.#endPicking();
      return this.open();
    }
    if (!this.#other.view) return;
    this.#tool = new MatchTool({ ...this.#on, other: this.#other, done: (match) => this.#told(() => this.#choosePlaces(match.join())) });
    this.#other.view.match(this.#other.view.middle, this.#other.view.scale, 0);
    this.#other.view.fit();
    this.#lay();
    this.#other.redraw();
  }

  #endPicking() {
    this.#tool?.stop();
    this.#tool = null;
  }

  // --- laying out ----------------------------------------------------------------------------------------------------

  #lay() {
    this.#on.area.classList.toggle('halved', this.#shownWay === 'side');
    this.#other.classList.toggle('free', this.#tool !== null);
    this.#picks.setAttribute('aria-pressed', this.#tool !== null);
    this.#matching.hidden = !this.#source;
    this.#hint.textContent = toolWords[this.#tool ? 'matchHint' : this.#source ? 'objectHint' : 'compareHint'];
    this.#clip();
  }

  get #shownWay() {
    return this.#tool ? 'side' : this.#way;
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
    if (this.#shownWay === 'lens') this.#clip();
  }

  /** What of the second picture is seen. */
  #clip() {
    const percent = `${(100 * this.#at).toFixed(2)}%`;
    const [x, y] = this.#lens?.map((length) => `${length}px`) ?? ['50%', '50%'];
    const shapes = { slider: `inset(0 0 0 ${percent})`, side: 'none', lens: `circle(${LENS}px at ${x} ${y})` };
    this.#other.style.clipPath = shapes[this.#shownWay];
    this.#edge.hidden = this.#shownWay !== 'slider';
    this.#edge.style.left = percent;
    this.#edge.setAttribute('aria-valuenow', Math.round(100 * this.#at));
  }
}

function options(names) {
  return make('select', {}, ...names.map((value) => make('option', { value }, toolWords[value])));
}
