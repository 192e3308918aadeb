/** What hands and keys do to a viewer: moves, keys, buttons, and the help that lists them. */

import { MODES } from './shaders.js';
import { turned } from './view.js';
import { words } from './words.js';

/**
 * @typedef {object} Commanded what the commands need of a viewer.
 * @property {() => import('./view.js').View|undefined} view undefined where no object is open.
 * @property {() => void} redraw
 * @property {() => number[]} light
 * @property {(x: number, y: number) => void} lead moves the light, and ends its sweep.
 * @property {() => import('./tools.js').Tools|null} tools
 * @property {(tool: string) => void} toggle opens or closes a tool.
 * @property {() => boolean} panning
 * @property {Object<string, () => void>} acts by icon, of an object that is open.
 */

const modes = Object.keys(MODES);
const inPixels = (length) => length && length * devicePixelRatio;

/**
 * @param {HTMLElement} viewer
 * @param {Commanded} on
 * @returns {import('./interaction.js').Moves}
 */
export function makeMoves(viewer, on) {
  const { acts } = on;
  const moveView = (move) => {
    const view = on.view();
    if (!view) return;
    move(view);
    on.redraw();
  };
  const opened = (act) => () => on.view() && act();
  const toPicture = (x, y) => on.view().toPicture([inPixels(x), inPixels(y)]);
  return {
    light: (dx, dy) => {
      if (!on.view()) return;
      const [right, down] = turned([dx, -dy], -on.view().turn);
      const [x, y] = on.light();
      on.lead(x + right, y - down);
    },
    pan: (dx, dy) => moveView((view) => view.pan(inPixels(dx), inPixels(dy))),
    zoom: (factor, x, y) => moveView((view) => view.zoom(factor, inPixels(x), inPixels(y))),
    panning: on.panning,
    tool: () => on.tools()?.tool ?? null,
    tap: (x, y) => on.tools()?.tap(toPicture(x, y)),
    toPicture,
    keys: {
      0: () => moveView((view) => view.fit()),
      1: () => moveView((view) => view.zoom(1 / view.scale)),
      r: () => moveView((view) => view.rotate(1)),
      h: acts.hand,
      m: () => (viewer.mode = modes[(modes.indexOf(viewer.mode) + 1) % modes.length]),
      ...{ d: () => on.toggle('ruler'), n: () => on.toggle('notes'), c: () => on.toggle('compare') },
      a: () => on.toggle('adjust'),
      ...{ i: () => on.toggle('info'), '?': () => on.toggle('help'), Escape: () => on.tools()?.close() },
      ...{ s: opened(acts.sweep), z: opened(acts.undo), x: opened(acts.reset) },
      ...{ l: opened(acts.link), p: opened(acts.snapshot), f: acts.fullscreen },
    },
  };
}

/**
 * The buttons, by icon: the key, and what happens.
 * @param {import('./interaction.js').Moves} moves
 */
export function makeButtons({ keys, zoom }) {
  return {
    ...{ fit: ['0', keys[0]], actual: ['1', keys[1]], out: ['−', () => zoom(0.8)], in: ['+', () => zoom(1.25)] },
    ...{ turn: ['R', keys.r], hand: ['H', keys.h], sweep: ['S', keys.s] },
    ...{ ruler: ['D', keys.d], notes: ['N', keys.n], compare: ['C', keys.c], adjust: ['A', keys.a], undo: ['Z', keys.z], reset: ['X', keys.x] },
    ...{ link: ['L', keys.l], snapshot: ['P', keys.p], info: ['I', keys.i], help: ['?', keys['?']] },
    ...(document.fullscreenEnabled ? { fullscreen: ['F', keys.f] } : {}), // phones may have none
  };
}

/** What the help says: keys and what they do. */
export function listKeys(buttons) {
  const listed = Object.entries(buttons).map(([icon, [key]]) => [key, words[icon]]);
  const arrows = [['← ↑ → ↓', words.arrows], ['⇧ ← ↑ → ↓', words.shiftArrows]];
  return [...arrows, ...listed, ['M', words.shown], ['Esc', words.close]];
}

/** The viewer takes the whole screen, or gives it back. */
export async function toggleFullscreen(viewer) {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await viewer.requestFullscreen();
}
