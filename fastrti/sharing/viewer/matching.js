/** How two pictures of one thing lie on each other: turned, scaled and shifted. */

import { turned } from './view.js';

/**
 * @typedef {object} Similarity takes places of the first picture to the second one; all in pixels of a picture.
 * @property {number} scale pixels of the second picture for each of the first.
 * @property {number} quarters clockwise, from the first picture to the second.
 * @property {(point: number[]) => number[]} at
 */

/**
 * By two places that are known on both.
 * @param {number[]} match x, y on the first and on the second picture, twice.
 * @returns {Similarity}
 */
export function matched([x0, y0, farX0, farY0, x1, y1, farX1, farY1]) {
  const [from, to] = [[x1 - x0, y1 - y0], [farX1 - farX0, farY1 - farY0]];
  const scale = Math.hypot(...to) / Math.hypot(...from);
  const quarters = (Math.atan2(to[1], to[0]) - Math.atan2(from[1], from[0])) / (Math.PI / 2);
  return similarity(snapped(scale), snapped(quarters), [x0, y0], [farX0, farY0]);
}

/** Pictures that only lie elsewhere are shown pixel for pixel. */
function snapped(value) {
  const whole = Math.round(value);
  return Math.abs(value - whole) < 1e-9 ? whole : value;
}

/**
 * Where nothing is known: middle on middle, the second as large as it fits.
 * @param {{width: number, height: number}} first
 * @param {{width: number, height: number}} second
 * @returns {Similarity}
 */
export function centred(first, second) {
  const scale = Math.max(second.width / first.width, second.height / first.height);
  return similarity(scale, 0, ...[first, second].map(({ width, height }) => [width / 2, height / 2]));
}

function similarity(scale, quarters, place, far) {
  const at = ([x, y]) => turned([x - place[0], y - place[1]], quarters).map((value, i) => far[i] + scale * value);
  return { scale, quarters, at };
}

/** A light that comes from the same side of the thing in the second picture: the thing lies turned there. */
export function matchedLight({ quarters }, [x, y, z]) {
  const [right, down] = turned([x, -y], quarters);
  return [right, -down, z];
}
