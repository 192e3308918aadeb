/**
 * What one sees, as text: `light=0.3,0.5,0.81&mode=specular&gain=2&view=120,80,1.5&turn=1`. It is the fragment of a link
 * and the value of the property `state`. What is left out is the default. `docs/embedding.md` has the table.
 */

import { LOOK, writeLook } from './look.js';
import { reject } from './values.js';

const DIGITS = 8; // of a light: pictures of two lights that differ by less are the same

/**
 * @typedef {object} Part one of the things that a state can say.
 * @property {(viewer: HTMLElement, tools: import('./tools.js').Tools|null) => string} write '' where it is the default.
 * @property {(viewer: HTMLElement, text: string|null, tools: import('./tools.js').Tools|null) => void} read null means the
 *   default.
 */

/** @type {Object<string, Part>} */
const PARTS = {
  light: {
    write: ({ light }) => writeLight(light),
    read: (viewer, text) => (viewer.light = text),
  },
  mode: {
    write: ({ mode }) => (mode === 'relight' ? '' : mode),
    read: (viewer, text) => (viewer.mode = text),
  },
  gain: {
    write: ({ mode, gain }) => (mode === 'diffuse' || mode === 'specular' ? String(gain) : ''),
    read: (viewer, text) => (viewer.gain = text),
  },
  ...Object.fromEntries(
    Object.keys(LOOK).map((name) => [
      name,
      { write: (viewer) => writeLook(name, viewer), read: (viewer, text) => (viewer[name] = text) },
    ]),
  ),
  turn: {
    write: ({ view }) => (view.turn ? String(view.turn) : ''),
    read: ({ view }, text) => view.rotate((text === null ? 0 : readTurn(text)) - view.turn),
  },
  mm: {
    write: ({ object, scale }) => (scale === object.mmPerPixel ? '' : String(scale)),
    read: (viewer, text) => (viewer.scale = text),
  },
  view: {
    write: ({ view }) => (!view.fitted ? writePlace(view) : ''),
    read: ({ view }, text) => (text === null ? view.fit() : view.show(...readPlace(text))),
  },
  line: {
    write: (viewer, tools) => tools?.line ?? '',
    read: (viewer, text, tools) => tools && (tools.line = text ?? ''),
  },
  other: {
    write: (viewer, tools) => tools?.other ?? '',
    read: (viewer, text, tools) => tools && (tools.other = text ?? ''),
  },
  match: {
    write: (viewer, tools) => tools?.match ?? '',
    read: (viewer, text, tools) => tools && (tools.match = text ?? ''),
  },
  compare: {
    write: (viewer, tools) => tools?.compare ?? '',
    read: (viewer, text, tools) => tools && (tools.compare = text ?? ''),
  },
  note: {
    write: (viewer, tools) => tools?.note ?? '',
    read: (viewer, text, tools) => tools && (tools.note = text ?? ''),
  },
};

function writeLight(light) {
  return light.map((number) => String(Number(number.toFixed(DIGITS)))).join();
}

/** The same state under another light. */
export function withLight(state, light) {
  return state.replace(/^light=[^&]*/, `light=${writeLight(light)}`);
}

/** Whether a state can be shown only with the tools. */
export function needsTools(text) {
  const given = new URLSearchParams(text);
  return ['line', 'compare', 'note'].some((name) => given.has(name));
}

/** The state of a viewer that shows an object. */
export function writeState(viewer, tools) {
  const parts = Object.entries(PARTS).map(([name, part]) => [name, part.write(viewer, tools)]);
  return parts.filter(([, text]) => text).map((pair) => pair.join('=')).join('&');
}

/**
 * Shows a state in a viewer that shows an object. A part that is not understood is told, and the default takes its place.
 * @param {HTMLElement} viewer
 * @param {import('./tools.js').Tools|null} tools
 * @param {string} text
 * @param {(error: Error) => void} tell
 */
export function readState(viewer, tools, text, tell) {
  const given = new URLSearchParams(text);
  for (const [name, part] of Object.entries(PARTS)) {
    try {
      part.read(viewer, given.get(name), tools);
    } catch (error) {
      tell(error);
      part.read(viewer, null, tools);
    }
  }
  viewer.redraw();
}

/** Centre in pixels of the picture, and CSS pixels for each of them: the same on every screen. */
function writePlace({ centre, scale }) {
  return [...centre.map((value) => value.toFixed(4)), (scale / devicePixelRatio).toPrecision(9)].map(Number).join();
}

function readPlace(text) {
  const [x, y, scale, ...more] = text.split(',').map(Number);
  if (more.length || ![x, y, scale].every(Number.isFinite) || scale <= 0) reject('view to be "x,y,scale"', text);
  return [[x, y], scale * devicePixelRatio];
}

function readTurn(text) {
  return /^[0-3]$/.test(text) ? Number(text) : reject('turn to be 0, 1, 2 or 3', text);
}
