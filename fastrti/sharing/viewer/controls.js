/** What lies over the picture: buttons, the choice of mode, caption, scale bar and messages. */

const ICONS = {
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  actual: 'M5 8l2-1v10M17 8l2-1v10M12 10v.1M12 14v.1',
  out: 'M5 12h14',
  in: 'M12 5v14M5 12h14',
  hand: 'M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3',
  sweep: 'M20 12a8 8 0 1 1-3-6.2M20 3v4h-4M12 12v.1',
  record: 'M12 11v6M12 7v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18',
  snapshot: 'M4 8h4l1.5-3h5L16 8h4v11H4zM12 16.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6',
  fullscreen: 'M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7',
};
const MODE_NAMES = { relight: 'Relight', diffuse: 'Diffuse gain', specular: 'Specular', normals: 'Normals' };
const SCALE_BAR_PX = 140; // at most
const UNITS = [[1000, 'm'], [10, 'cm'], [1, 'mm'], [0.001, 'µm']];

/** An element with attributes and children. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The elements over the picture; the viewer tells them what to show, and they tell it what was pressed. */
export class Controls {
  /** To be placed over the canvas. */
  elements;
  #caption = make('div', { class: 'caption' });
  #scale = make('div', { class: 'scale' });
  #ball = make('div');
  #record = make('section', { class: 'record', tabindex: 0, 'aria-label': 'About this object' });
  #message = make('div', { class: 'message' });
  #bar = make('div', { class: 'bar', role: 'toolbar', 'aria-label': 'Viewer' });
  #modes = make('select', { 'aria-label': 'What is shown', title: 'What is shown (M)' });
  #gain = make('input', { type: 'range', min: 1, max: 5, step: 0.1, 'aria-label': 'Strength', title: 'Strength' });

  /**
   * @param {Object<string, [string, () => void]>} buttons by icon: the label and what happens.
   * @param {(mode: string) => void} onMode
   * @param {(gain: number) => void} onGain
   */
  constructor(buttons, onMode, onGain) {
    for (const [icon, [label, act]] of Object.entries(buttons)) this.#bar.append(makeButton(icon, label, act));
    for (const [value, name] of Object.entries(MODE_NAMES)) this.#modes.append(make('option', { value }, name));
    this.#modes.addEventListener('change', () => onMode(this.#modes.value));
    this.#gain.addEventListener('input', () => onGain(Number(this.#gain.value)));
    this.#bar.append(this.#modes, this.#gain);
    this.#record.addEventListener('keydown', (event) => ['Escape', 'i'].includes(event.key) && this.toggleRecord());
    this.elements = [this.#caption, this.#scale, this.#ball, this.#record, this.#message, this.#bar];
  }

  /** Shows an object's caption and light ball, or neither. */
  showObject(object, ball) {
    const credits = object && [object.creator, object.rights].filter(Boolean).join(' · ');
    this.#caption.replaceChildren(...(object ? [make('b', {}, object.title), make('small', {}, credits)] : []));
    this.#ball.replaceChildren(...(ball ? [ball] : []));
    this.#record.replaceChildren(...(object ? [make('dl', {}, ...aboutObject(object).flatMap(describe))] : []));
    this.#record.hidden = true;
    this.press('record', false);
    this.#bar.hidden = this.#scale.hidden = !object;
  }

  /** Shows the mode, and its strength where it has one. */
  showMode(mode, gain) {
    this.#modes.value = mode;
    this.#gain.value = gain;
    this.#gain.hidden = mode !== 'diffuse' && mode !== 'specular';
  }

  /** Shows a button pressed or not. */
  press(icon, pressed) {
    this.#bar.querySelector(`[data-icon=${icon}]`).setAttribute('aria-pressed', pressed);
  }

  /** Opens or closes what is known about the object. */
  toggleRecord() {
    const opens = this.#record.hidden;
    this.#record.hidden = !opens;
    this.press('record', opens);
    (opens ? this.#record : this.#bar.querySelector('[data-icon=record]')).focus();
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

  /** Says something over the picture; '' ends it. An alert is read out at once. */
  say(text, role = 'status') {
    this.#message.setAttribute('role', role);
    this.#message.replaceChildren(make('span', {}, text));
    this.#message.hidden = text === '';
  }
}

function aboutObject({ title, creator, rights, width, height, mmPerPixel, steps }) {
  const scale = mmPerPixel && `${Number(mmPerPixel.toPrecision(4))} mm per pixel`;
  const facts = { title, creator, rights, size: `${width}×${height} pixels`, scale };
  return [...Object.entries(facts).filter(([, text]) => text), ...steps];
}

function describe([name, text]) {
  return [make('dt', {}, name), make('dd', {}, text)];
}

function makeButton(icon, label, act) {
  const button = make('button', { type: 'button', title: label, 'aria-label': label, 'data-icon': icon });
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[icon]}"/></svg>`;
  button.addEventListener('click', act);
  return button;
}
