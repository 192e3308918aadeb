/** Opening an object folder: its info.json checked, its decoder ready. */

import { makeDecoder } from './decoders.js';
import { ObjectError, readArray, readChoice, readInteger, refuse } from './fields.js';
import { folded } from './network.js';
import { readSteps } from './record.js';

const VERSION = 1;
const EXPERTS_VERSION = 2;
const MAX_SIDE = 1 << 20;

/**
 * @typedef {object} RtiObject
 * @property {number} width,height pixels.
 * @property {import('./network.js').Decoder} decoder
 * @property {(light: number[]) => import('./network.js').Network[]} networks of one unit light, on raw bytes: one for
 *   each label, or the only one.
 * @property {boolean} masked
 * @property {{size: number, levels: number}|null} tiles null where the planes are whole pictures.
 * @property {number} first which level of detail the first look has; 0 where there is none.
 * @property {number|null} mmPerPixel
 * @property {number[][]} lights the photographed ones, unit vectors; may be empty.
 * @property {string} title,creator,rights
 * @property {boolean} annotated whether its folder has annotations.
 * @property {[string, string][]} steps what was done to make it, from the capture on: name and description.
 */

/**
 * Reads and checks the info.json of an object.
 * @param {import('./files.js').Files} files
 * @returns {Promise<RtiObject>}
 */
export async function openObject(files) {
  const info = await files.json('info.json');
  if (typeof info !== 'object' || info === null || info.fastrti === undefined) {
    throw new ObjectError('info.json: expected an object of fastrti, got another file: export it with fastrti.');
  }
  const version = readInteger(info, 'fastrti', 1, 2 ** 30);
  if (version > EXPERTS_VERSION) {
    throw new ObjectError(`info.json: expected version ${VERSION} or ${EXPERTS_VERSION}, got ${version}: use a newer viewer.`);
  }
  readChoice(info, 'colorspace', ['rgb']);
  const stored = readInteger(info, 'planes', 1, 48);
  const [minimum, maximum] = ['min', 'max'].map((key) => readArray(info, key, [stored]).data);
  const decoder = version === VERSION ? makeDecoder(info, stored) : await withExperts(info, stored);
  const experts = decoder.experts ?? [decoder];
  const bounds = [minimum.slice(0, decoder.planes), maximum.slice(0, decoder.planes)];
  const tiles = readTiles(info);
  return {
    width: readInteger(info, 'width', 1, MAX_SIDE),
    height: readInteger(info, 'height', 1, MAX_SIDE),
    decoder,
    networks: (light) => experts.map((each) => folded(each.frameNetwork(light), ...bounds)),
    masked: await files.has(tiles ? 'mask.dzi' : 'mask.png'),
    tiles,
    first: tiles ? 0 : readFirst(info),
    mmPerPixel: readMmPerPixel(info),
    lights: readLights(info),
    annotated: Boolean(info.annotations),
    title: String(info.title ?? ''),
    creator: String(info.creator ?? ''),
    rights: String(info.rights ?? ''),
    steps: readSteps(info.provenance),
  };
}

async function withExperts(info, stored) {
  return (await import('./experts.js')).readExperts(info, stored);
}

function readTiles({ tiles }) {
  if (tiles === undefined || tiles === null) return null;
  const where = 'info.json: tiles';
  return { size: readInteger(tiles, 'size', 16, 4096, where), levels: readInteger(tiles, 'levels', 1, 20, where) };
}

function readFirst({ first }) {
  if (first === undefined || first === null) return 0;
  return Math.log2(readChoice(first, 'factor', [4, 8, 16, 32, 64], 'info.json: first'));
}

function readMmPerPixel({ mm_per_pixel: scale }) {
  if (scale === undefined || scale === null) return null;
  if (!(scale > 0 && scale < Infinity)) refuse('info.json', 'mm_per_pixel', 'a positive number', scale);
  return scale;
}

function readLights(info) {
  if (info.lights === undefined || info.lights === null) return [];
  const { data } = readArray(info, 'lights', [-1, 3]);
  return Array.from({ length: data.length / 3 }, (_, i) => [...data.slice(3 * i, 3 * i + 3)]);
}
