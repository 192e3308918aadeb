/** What lies over the picture: buttons, the choice of mode, caption, scale bar and messages. */

import { words } from './words.js';

const ICONS = {
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  actual: 'M5 8l2-1v10M17 8l2-1v10M12 10v.1M12 14v.1',
  out: 'M5 12h14',
  in: 'M12 5v14M5 12h14',
  hand: 'M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3',
  turn: 'M4 12a8 8 0 1 0 3-6.2M4 3v4h4',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1',
  sweep: 'M20 12a8 8 0 1 1-3-6.2M20 3v4h-4M12 12v.1',
  ruler: 'M4 16L16 4l4 4L8 20zM7.5 12.5l2 2M10.5 9.5l2 2M13.5 6.5l2 2',
  compare: 'M4 5h16v14H4zM12 3v18M15 9h2M15 12h2M15 15h2',
  adjust: 'M5 20V11M5 7V4M12 20v-4M12 12V4M19 20V9M19 5V4M3 9h4M10 14h4M17 7h4',
  notes: 'M5 4h14v12h-8l-4 4v-4H5zM8.5 8h7M8.5 12h5',
  info: 'M12 11v6M12 7v.1M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18',
  help: 'M9 9.5a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.1M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18',
  undo: 'M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
  reset: 'M6 6l12 12M18 6L6 18',
  snapshot: 'M4 8h4l1.5-3h5L16 8h4v11H4zM12 16.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6',
  fullscreen: 'M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7',
};
const MODE_NAMES = ['relight', 'diffuse', 'specular', 'normals', 'slope', 'height'];
const DOWNLOAD_MS = 6000; // in which the browser takes it
const GREETED = 'fastrti greeted';
const SCALE_BAR_PX = 140; // at most
const UNITS = [[1000, 'm'], [10, 'cm'], [1, 'mm'], [0.001, 'µm']];

/** An element with attributes and children. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Saves a blob as a file. */
export function download(blob, name) {
  const link = make('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), DOWNLOAD_MS);
}

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element with attributes and children. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The elements over the picture; the viewer tells them what to show, and they tell it what was pressed. */
export class Controls {
  /** To be placed over the canvas. */
  overPicture;
  /** To be placed below it. */
  bar = make('div', { class: 'bar', role: 'toolbar', 'aria-label': words.viewer });
  #caption = make('div', { class: 'caption' });
  #scale = make('div', { class: 'scale' });
  #legend = make('div', { class: 'legend', role: 'img', hidden: '' });
  #ball = make('div');
  #message = make('div', { class: 'message' });
  #greeting = make('div', { class: 'greeting', role: 'status', hidden: '' }, words.hint);
  #sayingEnds = 0;
  #modes = make('select', { 'aria-label': words.shown, title: `${words.shown} (M)` });
  #gain = make('input', { type: 'range', min: 1, max: 5, step: 0.1, 'aria-label': words.strength, title: words.strength });

  /**
   * @param {Object<string, [string, () => void]>} buttons by icon: the key and what happens.
   * @param {(mode: string) => void} onMode
   * @param {(gain: number) => void} onGain
   */
  constructor(buttons, onMode, onGain) {
    for (const [icon, [key, act]] of Object.entries(buttons)) this.bar.append(makeButton(icon, `${words[icon]} (${key})`, act));
    for (const value of MODE_NAMES) this.#modes.append(make('option', { value }, words[value]));
    this.#modes.addEventListener('change', () => onMode(this.#modes.value));
    this.#gain.addEventListener('input', () => onGain(Number(this.#gain.value)));
    this.bar.append(this.#modes, this.#gain);
    this.overPicture = [this.#caption, this.#scale, this.#legend, this.#ball, this.#greeting, this.#message];
  }

  /** Shows an object's caption and light ball, or neither. */
  showObject(object, ball) {
    const credits = object && [object.creator, object.rights].filter(Boolean).join(' · ');
    this.#caption.replaceChildren(...(object ? [make('b', {}, object.title), make('small', {}, credits)] : []));
    this.#ball.replaceChildren(...(ball ? [ball] : []));
    this.bar.hidden = this.#scale.hidden = !object;
    for (const each of this.#drawings) each.classList.add('later');
    this.#legend.hidden = true; // until a picture that has one is drawn
  }

  /** The picture of an object comes first: its frame does not wait for the browser to draw the icons and the ball. */
  showDrawings() {
    const show = () => this.#drawings.forEach((each) => each.classList.remove('later'));
    requestAnimationFrame(() => requestAnimationFrame(show));
  }

  /** Shows the mode, and its strength where it has one. */
  showMode(mode, gain) {
    this.#modes.value = mode;
    this.#gain.value = gain;
    this.#gain.hidden = mode !== 'diffuse' && mode !== 'specular';
  }

  get #drawings() {
    return [this.bar, this.#ball];
  }

  /** Shows a button pressed or not. */
  press(icon, pressed) {
    this.bar.querySelector(`[data-icon=${icon}]`).setAttribute('aria-pressed', pressed);
  }

  /** Shows a button or not. */
  offer(icon, offered) {
    this.bar.querySelector(`[data-icon=${icon}]`).hidden = !offered;
  }

  /** Shows a bar of a round length; none where the scale is not known. */
  showScale(mmPerCssPixel) {
    this.#scale.hidden = mmPerCssPixel === null;
    if (mmPerCssPixel === null) return;
    const most = SCALE_BAR_PX * mmPerCssPixel;
    const power = 10 ** Math.floor(Math.log10(most));
    const length = power * [5, 2, 1].find((step) => step * power <= most);
    const [size, unit] = UNITS.find(([mm]) => length >= mm) ?? UNITS.at(-1);
    this.#scale.style.width = `${length / mmPerCssPixel}px`;
    this.#scale.textContent = `${Number((length / size).toPrecision(3))} ${unit}`;
  }

  /** Shows what the colours of slopes or heights mean; nothing for null. */
  showLegend(legend, mmPerPixel) {
    this.#legend.hidden = legend === null;
    if (!legend) return;
    const [high, unit] = legend.degrees ? [90, '°'] : mmPerPixel ? [legend.pixels * mmPerPixel, ' mm'] : [legend.pixels, ' px'];
    const texts = ['0', `${Number(high.toPrecision(3))}${unit}`];
    this.#legend.replaceChildren(texts[0], make('i'), texts[1]);
    this.#legend.setAttribute('aria-label', texts.join(' – '));
  }

  /** Tells who sees a viewer for the first time what to do, until the picture is touched. */
  greet(area, ms) {
    try {
      if (localStorage.getItem(GREETED)) return;
      localStorage.setItem(GREETED, 'yes');
    } catch {
      return; // where nothing is kept, it would come every time
    }
    const end = () => (this.#greeting.hidden = true);
    this.#greeting.hidden = false;
    area.addEventListener('pointerdown', end, { once: true });
    setTimeout(end, ms);
  }

  /** Says something over the picture, for ever or for some milliseconds; '' ends it. An alert is read out at once. */
  say(text, role = 'status', ms = 0) {
    clearTimeout(this.#sayingEnds);
    this.#message.setAttribute('role', role);
    this.#message.replaceChildren(make('span', {}, text));
    this.#message.hidden = text === '';
    if (ms) this.#sayingEnds = setTimeout(() => this.say(''), ms);
  }
}

function makeButton(icon, label, act) {
  const button = make('button', { type: 'button', title: label, 'aria-label': label, 'data-icon': icon });
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[icon]}"/></svg>`;
  button.addEventListener('click', act);
  return button;
}
