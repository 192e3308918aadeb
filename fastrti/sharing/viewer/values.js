/** What attributes and properties of the viewer may be set to; each reader returns a value, or throws a RangeError. */

import { unitLight } from './decoders.js';
import { MODES } from './shaders.js';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const [LEAST_GAIN, MOST_GAIN] = [1, 5];
const [LEAST_WHITE, MOST_WHITE] = [0.05, 20];
const MOST_PIXELS = 1e7;

/**
 * A unit vector of "x,y", "x,y,z" or of two or three numbers.
 * @param {unknown} value
 * @returns {number[]}
 */
export function readLight(value) {
  const numbers = readNumbers(value);
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
  return readBetween('gain', LEAST_GAIN, MOST_GAIN, value);
}

/**
 * A number of a range.
 * @param {string} name of what it is, for the message.
 * @param {number} low
 * @param {number} high
 * @param {unknown} value
 * @returns {number}
 */
export function readBetween(name, low, high, value) {
  const number = readNumber(value);
  return number >= low && number <= high ? number : reject(`${name} to be a number from ${low} to ${high}`, value);
}

/**
 * Gains of red, green and blue from "r,g,b" or three numbers.
 * @param {unknown} value
 * @returns {number[]}
 */
export function readWhite(value) {
  const gains = readNumbers(value);
  if (gains.length === 3 && gains.every((gain) => gain >= LEAST_WHITE && gain <= MOST_WHITE)) return gains;
  return reject(`white to be three numbers from ${LEAST_WHITE} to ${MOST_WHITE}`, value);
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

/**
 * Two places of the picture, each with where it lies on another one: "x,y,X,Y,x,y,X,Y" or eight numbers.
 * @param {unknown} value
 * @returns {string}
 */
export function readMatch(value) {
  const numbers = readNumbers(value);
  const [x, y, farX, farY, otherX, otherY, otherFarX, otherFarY] = numbers;
  const areTwo = (x !== otherX || y !== otherY) && (farX !== otherFarX || farY !== otherFarY);
  if (numbers.length === 8 && numbers.every((number) => Math.abs(number) <= MOST_PIXELS) && areTwo) return numbers.join();
  return reject('match to be "x,y,X,Y,x,y,X,Y", two different places on each picture', value);
}

/** The numbers of "x,y,…" or of a list; none of anything else. */
function readNumbers(value) {
  const parts = typeof value === 'string' ? value.split(',').map((part) => readNumber(part)) : value;
  return typeof parts?.[Symbol.iterator] === 'function' ? [...parts] : [];
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
