/** What attributes and properties of the viewer may be set to; each reader returns a value, or throws a RangeError. */

import { unitLight } from './decoders.js';
import { MODES } from './shaders.js';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const [LEAST_GAIN, MOST_GAIN] = [1, 5];

/**
 * A unit vector of "x,y", "x,y,z" or of two or three numbers.
 * @param {unknown} value
 * @returns {number[]}
 */
export function readLight(value) {
  const parts = typeof value === 'string' ? value.split(',').map((part) => readNumber(part)) : value;
  const numbers = typeof parts?.[Symbol.iterator] === 'function' ? [...parts] : [];
  if ((numbers.length !== 2 && numbers.length !== 3) || !numbers.every(Number.isFinite)) {
    reject('light to be "x,y", "x,y,z" or as many numbers', value);
  }
  return unitLight(numbers);
}

/**
 * One of the display modes.
 * @param {unknown} value
 * @returns {string}
 */
export function readMode(value) {
  if (typeof value === 'string' && Object.hasOwn(MODES, value)) return value;
  return reject(`mode to be one of ${Object.keys(MODES).join(', ')}`, value);
}

/**
 * A strength of the diffuse and specular modes.
 * @param {unknown} value
 * @returns {number}
 */
export function readGain(value) {
  const gain = readNumber(value);
  if (gain >= LEAST_GAIN && gain <= MOST_GAIN) return gain;
  return reject(`gain to be a number from ${LEAST_GAIN} to ${MOST_GAIN}`, value);
}

/**
 * Millimetres for each pixel of the picture.
 * @param {unknown} value
 * @returns {number}
 */
export function readScale(value) {
  const scale = readNumber(value);
  return scale > 0 && scale < Infinity ? scale : reject('scale to be a positive number', value);
}

/**
 * The address of a folder, or "#id" of an element.
 * @param {unknown} value
 * @returns {string}
 */
export function readSource(value) {
  if (typeof value === 'string' || value instanceof URL) return String(value);
  return reject('src to be the address of a folder', value);
}

function readNumber(value) {
  return typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : typeof value === 'number' ? value : NaN;
}

/** Throws a RangeError that says what was wanted and what came. */
export function reject(wanted, value) {
  throw new RangeError(`expected ${wanted}, got ${shown(value)}`);
}

/** Any value as a short text; some of them throw at the attempt. */
function shown(value) {
  try {
    const text = typeof value === 'string' || typeof value === 'object' ? JSON.stringify(value) : String(value);
    return String(text).slice(0, 60);
  } catch {
    return `a ${typeof value}`;
  }
}
