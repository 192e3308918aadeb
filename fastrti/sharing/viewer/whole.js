/** Pixels of a scene from its tiles, whatever the window shows: whole pictures, and lines. */

import { make } from './controls.js';
import { ObjectError } from './fields.js';

const MAX_PICTURE_SIDE = 16384; // browsers' canvases end here
const MAX_PROFILE = 1 << 16; // pixels

/**
 * The whole picture of a sight, at full resolution or the finest of so many pixels a side.
 * @param {import('./scene.js').Scene} scene
 * @param {import('./scene.js').Sight} sight
 * @param {number} most
 * @returns {Promise<HTMLCanvasElement>}
 */
export async function wholePicture(scene, sight, most = MAX_PICTURE_SIDE) {
  let [level, lod] = [0, 0];
  const size = () => scene.sizeOf(level).map((length) => Math.max(1, length >> lod));
  while (Math.max(...size()) > most && level + 1 < scene.levels) level++;
  while (Math.max(...size()) > most) lod++;
  const [width, height] = size();
  const canvas = make('canvas', { width, height });
  const context = canvas.getContext('2d');
  if (!context) throw new ObjectError(`This browser has no room for a picture of ${width}×${height}.`);
  await scene.eachTile(sight, level, (tile, read) => {
    const [left, top] = tile.area.map((value) => value / 2 ** (level + lod));
    context.putImageData(read(lod), left, top);
  });
  return canvas;
}

/**
 * Bytes of the pixels on a line of the finest level, in steps of one pixel.
 * @param {import('./scene.js').Scene} scene
 * @param {import('./scene.js').Sight} sight
 * @param {number[]} from in pixels of the picture, as `to` is.
 * @param {number[]} to
 * @returns {Promise<number[][]>} red, green and blue of each pixel that lies on the picture.
 */
export async function pixelsAlong(scene, sight, from, to) {
  const length = Math.min(Math.hypot(to[0] - from[0], to[1] - from[1]), MAX_PROFILE);
  const points = Array.from({ length: Math.floor(length) + 1 }, (_, i) =>
    from.map((value, axis) => Math.floor(value + ((to[axis] - value) * i) / (length || 1))),
  );
  const pixels = new Array(points.length);
  const isIn = ([left, top, right, bottom], [x, y]) => x >= left && x < right && y >= top && y < bottom;
  const [least, most] = [Math.min, Math.max].map((end) => from.map((value, axis) => end(value, to[axis])));
  const area = [...least.map((value) => Math.max(0, value)), ...most.map((value) => value + 1)];
  const act = (tile, read) => {
    if (!points.some((point) => isIn(tile.area, point))) return;
    const { data } = read(0);
    points.forEach((point, i) => {
      const at = 4 * ((point[1] - tile.area[1]) * tile.width + point[0] - tile.area[0]);
      if (isIn(tile.area, point)) pixels[i] = [...data.subarray(at, at + 3)];
    });
  };
  await scene.eachTile(sight, 0, act, area);
  return pixels.filter(Boolean);
}
