/** Buttons, the choice of mode, the scale bar and the caption. */

const ICONS = {
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  actual: 'M6 8l2-1v10M18 8l-2-1v10M12 10v.01M12 15v.01',
  in: 'M12 5v14M5 12h14',
  out: 'M5 12h14',
  hand: 'M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3',
  sweep: 'M20 12a8 8 0 1 1-3-6.2M20 3v4h-4M12 12v.01',
  snapshot: 'M4 8h4l1.5-3h5L16 8h4v11H4zM12 16.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6',
  fullscreen: 'M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7',
};

const MODE_NAMES = { relight: 'Relight', diffuse: 'Diffuse gain', specular: 'Specular', normals: 'Normals' };

/** An element with attributes and children. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/**
 * The bar of buttons.
 * @param {Object<string, [string, () => void]>} buttons by icon: the label and what happens.
 * @param {(mode: string) => void} onMode
 */
export function makeToolbar(buttons, onMode) {
  const bar = make('div', { class: 'bar', part: 'toolbar', role: 'toolbar', 'aria-label': 'Viewer' });
  for (const [icon, [label, act]] of Object.entries(buttons)) bar.append(makeButton(icon, label, act));
  const select = make('select', { 'aria-label': 'What is shown', title: 'What is shown (M)' });
  for (const [value, name] of Object.entries(MODE_NAMES)) select.append(make('option', { value }, name));
  select.addEventListener('change', () => onMode(select.value));
  bar.append(select);
  return bar;
}

function makeButton(icon, label, act) {
  const button = make('button', { type: 'button', title: label, 'aria-label': label, 'data-icon': icon });
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[icon]}"/></svg>`;
  button.addEventListener('click', act);
  return button;
}

/** Shows a button pressed or not. */
export function press(bar, icon, pressed) {
  bar.querySelector(`[data-icon=${icon}]`).setAttribute('aria-pressed', pressed);
}

const SCALE_BAR_PX = 140; // at most
const UNITS = [[1000, 'm'], [10, 'cm'], [1, 'mm'], [0.001, 'µm']];

/**
 * A round length and how long its bar is.
 * @param {number} mmPerCssPixel
 * @returns {{label: string, width: number}} width in CSS pixels.
 */
export function scaleBar(mmPerCssPixel) {
  const most = SCALE_BAR_PX * mmPerCssPixel;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = power * [5, 2, 1].find((step) => step * power <= most);
  const [size, unit] = UNITS.find(([mm]) => length >= mm) ?? UNITS.at(-1);
  return { label: `${Number((length / size).toPrecision(3))} ${unit}`, width: length / mmPerCssPixel };
}
