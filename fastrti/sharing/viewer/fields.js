/** Reading an untrusted info.json: every value is checked before it is used, every refusal is one sentence. */

/** A refusal the viewer shows to a person. */
export class ObjectError extends Error {}

/** Throws the error of a key that is not what was wanted. */
export function refuse(where, key, wanted, value) {
  const got = value === undefined ? 'nothing' : String(JSON.stringify(value)).slice(0, 60);
  throw new ObjectError(`${where}: expected ‘${key}’ to be ${wanted}, got ${got}`);
}

/** A whole number from low to high. */
export function readInteger(fields, key, low, high, where = 'info.json') {
  const value = fields[key];
  if (!Number.isInteger(value) || value < low || value > high) {
    refuse(where, key, `a whole number from ${low} to ${high}`, value);
  }
  return value;
}

/** At most so many whole numbers from low to high. */
export function readIntegers(fields, key, atMost, low, high, where = 'info.json') {
  const value = fields[key];
  if (!Array.isArray(value) || value.length > atMost) refuse(where, key, `a list of at most ${atMost} numbers`, value);
  return value.map((_, index) => readInteger(value, index, low, high, `${where}: ${key}`));
}

/** One of the given values. */
export function readChoice(fields, key, options, where = 'info.json') {
  if (!options.includes(fields[key])) refuse(where, key, `one of ${options.join(', ')}`, fields[key]);
  return fields[key];
}

/**
 * Finite numbers of a wanted shape, from nested lists, or {"f16" or "f32": base64, "shape": […]}.
 * @param {number[]} shape wanted lengths; −1 stands for any.
 * @returns {{data: Float64Array, shape: number[]}} row-major.
 */
export function readArray(fields, key, shape, where = 'info.json') {
  const value = fields[key];
  const array = value?.shape === undefined ? fromLists(value) : fromBase64(value);
  const fits = array && array.shape.length === shape.length && shape.every((n, i) => n < 0 || n === array.shape[i]);
  if (!fits || !array.data.every(Number.isFinite)) {
    refuse(where, key, `finite numbers of shape (${shape.map((n) => (n < 0 ? 'any' : n)).join(', ')})`, value);
  }
  return array;
}

function fromLists(value) {
  const shape = [];
  for (let part = value; Array.isArray(part); part = part[0]) shape.push(part.length);
  const flat = shape.length ? value.flat(shape.length - 1) : [];
  const regular = shape.length && flat.length === shape.reduce((a, b) => a * b, 1);
  return regular && flat.every((n) => typeof n === 'number') ? { data: Float64Array.from(flat), shape } : null;
}

function fromBase64({ f16, f32, shape }) {
  try {
    const bytes = Uint8Array.from(atob(f16 ?? f32), (character) => character.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const [size, read] = f16 === undefined ? [4, (at) => view.getFloat32(at, true)] : [2, (at) => float16(view, at)];
    const count = shape.reduce((a, b) => a * b, 1);
    if (bytes.length !== size * count) return null;
    return { data: Float64Array.from({ length: count }, (_, i) => read(size * i)), shape };
  } catch {
    return null;
  }
}

/** A number of 16 bits (IEEE 754), the low byte first. Not every browser has DataView.getFloat16. */
function float16(view, at) {
  const bits = view.getUint16(at, true);
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, (bits & 1023) / 1024];
  if (exponent === 31) return NaN; // or infinity, which is no number of an object either
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction);
}
