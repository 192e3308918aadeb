/**
 * Decoders: what turns a light into the weights of a frame network. docs/object_format.md has the mathematics:
 * evaluated in float64 and rounded to float32, so that every implementation gets the same network.
 */

import { ObjectError, readArray, readChoice, readInteger, readIntegers, refuse } from './fields.js';
import { basisDecoder } from './light-bases.js';
import { affine, toWeights } from './network.js';

const MAX_WIDTH = 64;
const OPENLIME_PLANES = 9;

/**
 * The unit vector of a light: +x right, +y up, +z to the camera.
 * @param {number[]} light (x, y) with z = √(1 − x² − y²), or (x, y, z) of any length with z ≥ 0.
 */
export function unitLight(light) {
  const [x, y] = light;
  const squared = x * x + y * y;
  const z = light.length > 2 ? light[2] : Math.sqrt(Math.max(0, 1 - squared));
  const length = Math.hypot(x, y, z);
  if (!Number.isFinite(length) || length === 0 || z < 0 || (light.length < 3 && squared > 1 + 1e-6)) {
    throw new RangeError(`expected a light (x, y) in the unit circle or (x, y, z) with z ≥ 0, got ${light}`);
  }
  return [x / length, y / length, z / length];
}

/**
 * The decoder of an info.json with so many stored planes.
 * @returns {import('./network.js').Decoder}
 */
export function makeDecoder(info, stored) {
  const fields = info.decoder;
  if (typeof fields !== 'object' || fields === null) refuse('info.json', 'decoder', 'an object', fields);
  const kind = readChoice(fields, 'kind', ['mlp', 'light_mlp', 'light_basis'], 'info.json: decoder');
  if (kind === 'mlp') return plainDecoder(info, fields, stored);
  if (kind === 'light_mlp') return lightDecoder(fields, stored);
  return basisDecoder(fields, stored);
}

// --- plain networks: planes and light in, colour out ----------------------------------------------------------------

function plainDecoder(info, fields, stored) {
  const where = 'info.json: decoder';
  const hidden = readIntegers(fields, 'hidden', 2, 1, MAX_WIDTH, where);
  const planes = readInteger(fields, 'latents', 1, stored, where);
  const activation = readChoice(fields, 'activation', ['relu', 'elu'], where);
  const skip = readChoice(fields, 'skip', [true, false], where);
  const layers = info.weights ? openLimeLayers(info, hidden, planes) : readLayers(fields.layers, planes + 2, where);
  const widths = layers.map((layer) => layer.bias.length);
  const wanted = [...hidden, 3];
  if (`${widths}` !== `${wanted}`) throw new ObjectError(`${where}: expected layers ${wanted} wide, got ${widths}`);
  const columns = planes + 2;
  const light = layers[0].weight.filter((_, i) => i % columns >= planes); // (D, 2)
  const weights = layers.map((layer) => layer.weight);
  weights[0] = weights[0].filter((_, i) => i % columns < planes);
  const biases = layers.map((layer) => layer.bias);
  const skipWeight = skip ? toWeights(readArray(fields, 'skip_weight', [3, planes], where).data) : null;
  const frameNetwork = ([x, y]) => ({
    weights,
    biases: [toWeights(affine(light, [x, y], biases[0])), ...biases.slice(1)],
    skip: skipWeight,
  });
  return { planes, hidden, activation, skip, base: false, frameNetwork };
}

/** One to four layers whose widths chain. */
function readLayers(layers, inputs, where) {
  if (!(Array.isArray(layers) && layers.length >= 1 && layers.length <= 4)) refuse(where, 'layers', '1 to 4', layers);
  let width = inputs;
  return layers.map((layer, index) => {
    const place = `${where}: layer ${index + 1}`;
    const bias = readArray(layer ?? {}, 'bias', [-1], place);
    const weight = readArray(layer ?? {}, 'weight', [bias.shape[0], width], place);
    width = bias.shape[0];
    return { weight: Float32Array.from(weight.data), bias: Float32Array.from(bias.data) };
  });
}

/** OpenLIME's zero-padded top-level numbers, trimmed; its identity layer (one hidden layer) is undone. */
function openLimeLayers(info, hidden, planes) {
  const biases = [0, 1, 2].map((i) => readArray(info.biases ?? [], i, [-1], 'info.json: biases').data);
  const padded = biases[0].length;
  const columns = [12, padded, padded];
  const rows = [padded, padded, 3];
  const weights = rows.map((n, i) => readArray(info.weights, i, [n * columns[i]], 'info.json: weights').data);
  if (Math.max(...hidden) > padded || planes > OPENLIME_PLANES) {
    throw new ObjectError(`info.json: expected hidden widths up to ${padded} and at most 9 latents, got ${hidden}`);
  }
  const trim = (layer, height, kept) =>
    Float64Array.from({ length: height * kept.length }, (_, i) => {
      return weights[layer][Math.floor(i / kept.length) * columns[layer] + kept[i % kept.length]];
    });
  const first = [...Array(planes).keys(), OPENLIME_PLANES, OPENLIME_PLANES + 1];
  const span = (n) => [...Array(n).keys()];
  const [inner, outer] = [hidden[0], hidden.at(-1)];
  const last = trim(2, 3, span(outer));
  const layers = [[trim(0, inner, first), biases[0].slice(0, inner)]];
  if (hidden.length === 2) layers.push([trim(1, outer, span(inner)), biases[1].slice(0, outer)], [last, biases[2]]);
  else layers.push([last, affine(last, new Float64Array(outer).fill(1), biases[2])]);
  return layers.map(([weight, bias]) => ({ weight: Float32Array.from(weight), bias: Float32Array.from(bias) }));
}

// --- the light-conditioned student: a small network of the light emits every weight ----------------------------------

function lightDecoder(fields, planes) {
  const where = 'info.json: decoder';
  const hidden = readIntegers(fields, 'hidden', 2, 1, MAX_WIDTH, where);
  const activation = readChoice(fields, 'activation', ['relu', 'elu'], where);
  const skip = readChoice(fields, 'skip', [true, false], where);
  readChoice(fields, 'light_activation', ['silu'], where);
  const { data: exponents, shape } = readArray(fields, 'features', [-1, 3], where);
  const sizes = parameterSizes(planes, hidden, skip);
  const layers = readLayers(fields.light_layers, shape[0], `${where}: light_layers`);
  const [wanted, emitted] = [sizes.reduce((a, b) => a + b), layers.at(-1).bias.length];
  if (emitted !== wanted) throw new ObjectError(`${where}: expected to emit ${wanted} numbers, got ${emitted}`);
  const frameNetwork = (light) => {
    let h = Float64Array.from({ length: shape[0] }, (_, i) => monomial(light, exponents, 3 * i));
    layers.forEach(({ weight, bias }, number) => {
      h = affine(weight, number ? h.map(silu) : h, bias);
    });
    return cut(toWeights(h), sizes, skip);
  };
  return { planes, hidden, activation, skip, base: false, frameNetwork };
}

/** Sizes of W₁, b₁, …, Wₙ, bₙ, [S]. */
function parameterSizes(planes, hidden, skip) {
  const widths = [planes, ...hidden, 3];
  const sizes = widths.slice(1).flatMap((out, i) => [out * widths[i], out]);
  return skip ? [...sizes, 3 * planes] : sizes;
}

function cut(numbers, sizes, skip) {
  let start = 0;
  const arrays = sizes.map((size) => numbers.subarray(start, (start += size)));
  const skipWeight = skip ? arrays.pop() : null;
  return {
    weights: arrays.filter((_, i) => i % 2 === 0),
    biases: arrays.filter((_, i) => i % 2 === 1),
    skip: skipWeight,
  };
}

function monomial([x, y, z], exponents, at) {
  return x ** exponents[at] * y ** exponents[at + 1] * z ** exponents[at + 2];
}

function silu(value) {
  return value / (1 + Math.exp(-Math.max(value, -700)));
}
