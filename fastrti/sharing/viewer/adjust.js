/** The panel of the look: exposure, contrast, sharpening, white balance, a second light; and pictures under many lights. */

import { make } from './controls.js';
import { ObjectError } from './fields.js';
import { LightBall } from './light-ball.js';
import { LOOK, plainLook } from './look.js';
import { action, field } from './panel.js';
import { SWEEP_SECONDS } from './sweep.js';
import { toolWords } from './tool-words.js';
import { pixelsAlong } from './whole.js';
import { words } from './words.js';

const SLIDERS = {
  exposure: [-3, 3, 0.1],
  contrast: [0.25, 4, 0.05],
  sharpen: [0, 5, 0.1],
  radius: [0.5, 20, 0.5],
  strength2: [0, 4, 0.05],
};
const DAYLIGHT_K = 6504; // of sRGB's white
const [LEAST_K, MOST_K] = [2500, 20000];
const LUMINANCE = [0.2126, 0.7152, 0.0722]; // of linear sRGB
const GREY_REACH = 2; // pixels around the grey place
const DARKEST = 1e-3; // sum of the pixels, linear
const SERIES = 12;
const [LEAST_CIRCLE, CIRCLE] = [0.2, 0.7]; // of their circle
const OPPOSITE = 0.5; // how far from the middle a second light stands at first

/**
 * @typedef {object} Adjusted what the panel needs of the viewer.
 * @property {HTMLElement} viewer
 * @property {import('./object.js').RtiObject} object
 * @property {import('./stage.js').Stage} stage
 * @property {(tool: import('./interaction.js').Tool|null) => void} use what a plain drag does, null: it moves the light.
 * @property {(error: Error) => void} failed
 */

/** Shows the look of a viewer, and changes it. */
export class Adjust {
  /** What the panel shows. */
  content;
  #on;
  #inputs = {};
  #gains = ['R', 'G', 'B'].map((name) =>
    make('input', { type: 'number', min: 0.05, max: 20, step: 'any', 'aria-label': name }),
  );
  #kelvin = make('input', { type: 'number', min: LEAST_K, max: MOST_K, step: 'any', placeholder: DAYLIGHT_K });
  #pick = action(toolWords.pickGrey, () => this.#togglePick(), { 'aria-pressed': false });
  #second = make('input', { type: 'checkbox' });
  #ball;
  #series = make('input', { type: 'number', min: 2, max: 360, value: SERIES });
  #seconds = make('input', { type: 'number', min: 1, max: 600, step: 'any', value: SWEEP_SECONDS });
  #turns = make('input', { type: 'number', min: 0.05, max: 1000, step: 'any', placeholder: '∞' });

  /** @param {Adjusted} on */
  constructor(on) {
    this.#on = on;
    const { viewer, object } = on;
    this.#ball = new LightBall(object.lights, (x, y) => (viewer.light2 = inCircle(x, y)));
    this.#ball.element.setAttribute('aria-label', toolWords.light2);
    this.#ball.element.addEventListener('keydown', (event) => this.#moveSecond(event));
    this.#second.addEventListener('change', () => {
      const [x, y] = viewer.light;
      const far = OPPOSITE / (Math.hypot(x, y) || 1);
      viewer.light2 = this.#second.checked ? (x || y ? [-x * far, -y * far] : [OPPOSITE, 0]) : null;
    });
    for (const [i, input] of this.#gains.entries()) {
      const changed = () => viewer.white.map((gain, j) => (j === i ? Number(input.value) : gain));
      input.addEventListener('change', () => (viewer.white = changed()));
    }
    this.#kelvin.addEventListener('change', () => {
      if (this.#kelvin.value && this.#kelvin.checkValidity()) viewer.white = gainsOf(this.#kelvin.value);
    });
    const sliders = (...names) => names.map((name) => this.#slider(name));
    const row = (...inputs) => make('div', { class: 'row' }, ...inputs);
    const group = (text, ...content) => make('fieldset', {}, make('legend', {}, text), ...content);
    const circled = action(toolWords.seriesAround, () => this.#save(circle(viewer.light, Number(this.#series.value))));
    const photographed = action(toolWords.seriesPhotographed, () => this.#save(object.lights));
    photographed.hidden = !object.lights.length;
    const sweep = action(toolWords.startSweep, () => {
      const given = [this.#seconds, this.#turns];
      if (!given.every((input) => input.reportValidity())) return;
      viewer.toggleSweep(...given.map(({ value }) => Number(value) || undefined)); // undefined: as usual
    });
    this.content = [
      ...sliders('exposure', 'contrast', 'sharpen', 'radius'),
      group(toolWords.white, row(...this.#gains), row(field(toolWords.kelvin, this.#kelvin), this.#pick)),
      group(
        toolWords.light2,
        make('label', { class: 'check' }, this.#second, toolWords.light2On),
        this.#ball.element,
        ...sliders('strength2'),
      ),
      group(words.sweep, row(field(toolWords.seconds, this.#seconds), field(toolWords.turns, this.#turns)), sweep),
      group(toolWords.series, row(field(toolWords.seriesCount, this.#series), circled), photographed),
      action(toolWords.asItIs, () => Object.assign(viewer, plainLook())),
    ];
    this.follow();
  }

  /** The look is another one. */
  follow() {
    const { viewer } = this.#on;
    for (const [name, [input, output]] of Object.entries(this.#inputs)) {
      input.value = viewer[name];
      output.textContent = Number(viewer[name].toFixed(2));
    }
    viewer.white.forEach((gain, i) => (this.#gains[i].value = Number(gain.toFixed(4))));
    this.#second.checked = viewer.light2 !== null;
    this.#inputs.radius[0].disabled = !viewer.sharpen;
    this.#inputs.strength2[0].disabled = !viewer.light2;
    this.#ball.element.toggleAttribute('hidden', !viewer.light2);
    this.#ball.turn = viewer.view.turn;
    if (viewer.light2) this.#ball.show(viewer.light2);
  }

  // --- as a tool of the pointer: a place that is grey ----------------------------------------------------------------

  down() {}

  move() {}

  up(point) {
    this.#togglePick();
    this.#balance(point).catch((error) => this.#on.failed(error));
  }

  /** It closes. */
  close() {
    this.#pick.setAttribute('aria-pressed', false);
    this.#on.use(null);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #slider(name) {
    const [min, max, step] = SLIDERS[name];
    const input = make('input', { type: 'range', min, max, step });
    const output = make('output');
    this.#inputs[name] = [input, output];
    input.addEventListener('input', () => (this.#on.viewer[name] = Number(input.value)));
    input.addEventListener('dblclick', () => (this.#on.viewer[name] = LOOK[name].plain));
    return make('label', { class: 'slider' }, make('span', {}, toolWords[name]), input, output);
  }

  #togglePick() {
    const picks = this.#pick.getAttribute('aria-pressed') === 'false';
    this.#pick.setAttribute('aria-pressed', picks);
    this.#on.use(picks ? this : null);
  }

  /** Makes the mean of the pixels around a point grey, as bright as it was. */
  async #balance([x, y]) {
    const { stage, viewer } = this.#on;
    const look = { ...plainLook(), light2: viewer.light2, strength2: viewer.strength2 };
    const sum = [0, 0, 0];
    for (let row = -GREY_REACH; row <= GREY_REACH; row++) {
      const ends = [[x - GREY_REACH, y + row], [x + GREY_REACH, y + row]];
      const pixels = await stage.use((scene) => pixelsAlong(scene, scene.sight({ mode: 'relight', look }), ...ends));
      for (const pixel of pixels) pixel.forEach((byte, i) => (sum[i] += linearOf(byte / 255)));
    }
    if (!(Math.min(...sum) > DARKEST)) throw new ObjectError(toolWords.tooDark);
    viewer.white = greyGains(sum);
  }

  #moveSecond(event) {
    const step = { ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0], ArrowUp: [0, 0.05], ArrowDown: [0, -0.05] }[event.key];
    if (!step) return;
    event.stopPropagation();
    event.preventDefault();
    const [x, y] = this.#on.viewer.light2;
    this.#on.viewer.light2 = inCircle(x + step[0], y + step[1]);
  }

  #save(lights) {
    this.#on.viewer.snapshot(lights).catch((error) => this.#on.failed(error));
  }
}

/** Gains that make a linear colour grey of the same luminance, as far as gains may go. */
function greyGains(colour) {
  const luminance = colour.reduce((sum, value, i) => sum + LUMINANCE[i] * value, 0);
  return colour.map((value) => Math.min(Math.max(luminance / value, 0.05), 20));
}

/** Gains for a lamp whose light is that of a black body of so many kelvin: none at 6504. */
export function gainsOf(kelvin) {
  const [lamp, white] = [Number(kelvin), DAYLIGHT_K].map(blackBody);
  return greyGains(lamp.map((value, i) => value / white[i]));
}

/** The linear sRGB colour of a black body: its chromaticity after Kim et al., US patent 7024034, 2006. */
function blackBody(kelvin) {
  const t = 1000 / kelvin;
  const x = kelvin < 4000
    ? ((-0.2661239 * t - 0.234358) * t + 0.8776956) * t + 0.17991
    : ((-3.0258469 * t + 2.1070379) * t + 0.2226347) * t + 0.24039;
  const y = kelvin < 4000
    ? ((-0.9549476 * x - 1.37418593) * x + 2.09137015) * x - 0.16748867
    : ((3.081758 * x - 5.8733867) * x + 3.75112997) * x - 0.37001483;
  const [X, Z] = [x / y, (1 - x - y) / y];
  return [
    3.2404542 * X - 1.5371385 - 0.4985314 * Z,
    -0.969266 * X + 1.8760108 + 0.041556 * Z,
    0.0556434 * X - 0.2040259 + 1.0572252 * Z,
  ];
}

function linearOf(encoded) {
  return encoded <= 0.04045 ? encoded / 12.92 : ((encoded + 0.055) / 1.055) ** 2.4;
}

/** So many lights on a circle that goes through one, which comes first, or on a wide one where it is in the middle. */
function circle([x, y], count) {
  if (Math.hypot(x, y) < LEAST_CIRCLE) [x, y] = [CIRCLE, 0];
  return Array.from({ length: Math.min(Math.max(Math.round(count) || 1, 1), 360) }, (_, i) => {
    const [cos, sin] = [Math.cos((2 * Math.PI * i) / count), Math.sin((2 * Math.PI * i) / count)];
    return [x * cos - y * sin, x * sin + y * cos];
  });
}

function inCircle(x, y) {
  const shrink = Math.min(1, 0.999 / Math.hypot(x, y));
  return [x * shrink, y * shrink];
}
