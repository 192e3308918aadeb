/**
 * The look of the lit picture: what can be set, and to what. looks.js draws it, when there is something to draw.
 *
 * With the encoded colours a and b of both lights, D and E the sRGB decoding and encoding, and Y the luminance weights:
 * e = E(clamp((D(a) + strength2·D(b))·2^exposure·white)), s = e + sharpen·(Y·e − blurred(Y·e)),
 * and the picture is clamp((s − ½)·contrast + ½). `docs/viewer.md` explains it.
 */

import { readBetween, readLight, readWhite } from './values.js';

const between = (plain, low, high) => ({ plain, read: (value, name) => readBetween(name, low, high, value) });

/** What each setting is where nobody sets it, and its reader. The names are those of the element's properties. */
export const LOOK = {
  exposure: between(0, -5, 5), // stops
  contrast: between(1, 0.25, 4),
  white: { plain: [1, 1, 1], read: readWhite }, // gains of red, green, blue
  sharpen: between(0, 0, 5),
  radius: between(2, 0.5, 20), // of the sharpening, in pixels of the picture
  light2: { plain: null, read: readLight },
  strength2: between(1, 0, 4),
};

/** The settings of a picture as it is. */
export function plainLook() {
  return Object.fromEntries(Object.entries(LOOK).map(([name, { plain }]) => [name, plain]));
}

/**
 * Gives an element a property for each setting.
 * @param {HTMLElement} element
 * @param {(element: HTMLElement) => object} get its settings.
 * @param {(element: HTMLElement, name: string, value: unknown) => void} set
 */
export function addLook(element, get, set) {
  for (const name of Object.keys(LOOK)) {
    Object.defineProperty(element, name, {
      ...{ configurable: true, enumerable: true },
      get() {
        return get(this)[name];
      },
      set(value) {
        set(this, name, value);
      },
    });
  }
}

/** Whether settings change nothing. */
export function isPlain(look) {
  return !look.light2 && !look.sharpen && !look.exposure && look.contrast === 1 && look.white.every((gain) => gain === 1);
}

/** A setting as text, '' where it changes nothing. */
export function writeLook(name, look) {
  const idle = (name === 'radius' && !look.sharpen) || (name === 'strength2' && !look.light2);
  const text = (value) => [value ?? ''].flat().map((number) => number && Number(number.toFixed(8))).join();
  return idle || text(look[name]) === text(LOOK[name].plain) ? '' : text(look[name]);
}
