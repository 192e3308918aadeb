/** Heights from normals: the surface whose slopes are nearest to theirs, by least squares. */

import { wholePicture } from './whole.js';

const MAX_SIDE_SOLVED = 512; // the time to solve grows with its third power
const STEEPEST_Z = 0.05; // steeper slopes are the noise of normals

/**
 * @typedef {object} Heights
 * @property {number} width,height of the map.
 * @property {Float32Array} shares row-major: 0 is the lowest place of the object, 1 the highest.
 * @property {number} range from the lowest to the highest, in pixels of the picture.
 */

/**
 * The heights of an object.
 * @param {import('./scene.js').Scene} scene
 * @returns {Promise<Heights>}
 */
export async function heightsOf(scene) {
  const normals = await wholePicture(scene, scene.sight({ mode: 'normals' }), MAX_SIDE_SOLVED);
  const { width, height } = normals;
  const { data } = normals.getContext('2d').getImageData(0, 0, width, height);
  return integrated(data, width, height, Math.max(...scene.sizeOf(0)) / Math.max(width, height));
}

/**
 * With p = −x/z to the right and q = y/z downwards, z minimises the sum over all neighbours of
 * (z[i+1] − z[i] − (p[i] + p[i+1])/2)², the same downwards (Horn and Brooks 1986). A cosine transform solves it exactly
 * (Simchony, Chellappa and Shao 1990).
 * @param {Uint8ClampedArray} bytes RGBA; byte = (component + 1)·127.5, black outside of the object, which counts as flat.
 * @param {number} width
 * @param {number} height
 * @param {number} step pixels of the picture for each pixel of the map.
 * @returns {Heights}
 */
function integrated(bytes, width, height, step) {
  const isOutside = (i) => !(bytes[4 * i] || bytes[4 * i + 1] || bytes[4 * i + 2]);
  const slopes = [new Float64Array(width * height), new Float64Array(width * height)];
  for (let i = 0; i < width * height; i++) {
    if (isOutside(i)) continue;
    const [x, y, z] = [0, 1, 2].map((c) => bytes[4 * i + c] - 127.5);
    const facing = Math.max(z, STEEPEST_Z * Math.hypot(x, y, z));
    [slopes[0][i], slopes[1][i]] = [-x / facing, y / facing];
  }
  const heights = solved(divergence(slopes, width, height), width, height);
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < heights.length; i++) {
    if (isOutside(i)) continue;
    low = Math.min(low, heights[i]);
    high = Math.max(high, heights[i]);
  }
  const range = high > low ? high - low : 0;
  return { width, height, range: range * step, shares: Float32Array.from(heights, (z) => (range ? (z - low) / range : 0)) };
}

function divergence([across, down], width, height) {
  const sums = new Float64Array(width * height);
  const add = (slope, i, next) => {
    const rise = (slope[i] + slope[next]) / 2;
    sums[i] += rise;
    sums[next] -= rise;
  };
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (x + 1 < width) add(across, i, i + 1);
      if (y + 1 < height) add(down, i, i + width);
    }
  }
  return sums;
}

/** The heights whose discrete Laplacian, with free borders, is given. */
function solved(laplacian, width, height) {
  const [rows, columns] = [cosines(height), cosines(width)];
  const spectrum = times(times(rows, laplacian, height, height, width), transposed(columns, width), height, width, width);
  const bend = (k, length) => 2 * Math.cos((Math.PI * k) / length) - 2;
  for (let k = 0, i = 0; k < height; k++) {
    for (let l = 0; l < width; l++, i++) spectrum[i] = i ? spectrum[i] / (bend(k, height) + bend(l, width)) : 0;
  }
  return times(times(transposed(rows, height), spectrum, height, height, width), columns, height, width, width);
}

/** The orthonormal cosine transform of so many numbers, (n, n). */
function cosines(length) {
  return Float64Array.from({ length: length * length }, (_, i) => {
    const [k, x] = [Math.floor(i / length), i % length];
    return Math.sqrt((k ? 2 : 1) / length) * Math.cos((Math.PI * k * (x + 0.5)) / length);
  });
}

function transposed(matrix, length) {
  return matrix.map((_, i) => matrix[(i % length) * length + Math.floor(i / length)]);
}

/** (rows, inner) times (inner, columns). */
function times(left, right, rows, inner, columns) {
  const product = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const row = product.subarray(r * columns, (r + 1) * columns);
    for (let i = 0; i < inner; i++) {
      const factor = left[r * inner + i];
      for (let c = 0, at = i * columns; c < columns; c++, at++) row[c] += factor * right[at];
    }
  }
  return product;
}
