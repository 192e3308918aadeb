/**
 * Decoders: what turns a light into the weights of a frame network. The mathematics is the object format's (README.md):
 * evaluated in float64 and rounded to float32, so that every implementation gets the same network.
 */

import { ObjectError, readArray, readChoice, readInteger, readIntegers, refuse } from './fields.js';

const MAX_WEIGHT = 1e9;
const MAX_WIDTH = 64;
const OPENLIME_PLANES = 9;

/**
 * @typedef {object} Decoder
 * @property {number} planes K, the coefficient planes it reads.
 * @property {number[]} hidden widths of the frame network's hidden layers, none to two.
 * @property {'relu'|'elu'} activation φ of the hidden layers.
 * @property {boolean} skip whether the frame network has a linear skip.
 * @property {boolean} base whether the output is multiplied by the first three planes.
 * @property {(light: number[]) => Network} frameNetwork the network of one unit light, in units of z.
 *
 * @typedef {object} Network
 * @property {Float32Array[]} weights (out, in) row-major, one a layer.
 * @property {Float32Array[]} biases (out), one a layer.
 * @property {Float32Array|null} skip (3, K).
 */

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
 * @returns {Decoder}
 */
export function makeDecoder(info, stored) {
  const fields = info.decoder;
  if (typeof fields !== 'object' || fields === null) refuse('info.json', 'decoder', 'an object', fields);
  const kind = readChoice(fields, 'kind', ['mlp', 'light_mlp', 'light_basis'], 'info.json: decoder');
  if (kind === 'mlp') return plainDecoder(info, fields, stored);
  if (kind === 'light_mlp') return lightDecoder(fields, stored);
  return fields.basis === 'ptm' || fields.basis === 'hsh' ? basisDecoder(fields, stored) : nodeDecoder(fields, stored);
}

/**
 * The same network on raw bytes v instead of z = v/255·(maximum − minimum) + minimum.
 * @param {Network} network
 * @param {Float64Array} minimum (K)
 * @param {Float64Array} maximum (K)
 * @returns {Network}
 */
export function folded(network, minimum, maximum) {
  const weights = [...network.weights];
  const biases = [...network.biases];
  const planes = minimum.length;
  const scale = Array.from(minimum, (low, k) => (maximum[k] - low) / 255);
  const scaled = (matrix) => toWeights(Float64Array.from(matrix, (w, i) => w * scale[i % planes]));
  biases[0] = toWeights(affine(weights[0], minimum, biases[0]));
  weights[0] = scaled(weights[0]);
  if (!network.skip) return { weights, biases, skip: null };
  biases.push(toWeights(affine(network.skip, minimum, biases.pop())));
  return { weights, biases, skip: scaled(network.skip) };
}

/** Rounded to float32, clipped to ±1e9, beyond which only damaged decoders go. */
function toWeights(numbers) {
  return Float32Array.from(numbers, (n) => Math.max(-MAX_WEIGHT, Math.min(MAX_WEIGHT, n)));
}

/** W·h + b in float64, (out). */
function affine(weight, inputs, bias) {
  const width = inputs.length;
  const outputs = new Float64Array(bias.length);
  for (let o = 0, at = 0; o < bias.length; o++) {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += weight[at++] * inputs[i];
    outputs[o] = sum + bias[o];
  }
  return outputs;
}

// --- plain networks: planes and light in, colour out ----------------------------------------------------------------

function plainDecoder(info, fields, stored) {
  const where = 'info.json: decoder';
  const hidden = readIntegers(fields, 'hidden', 2, 1, MAX_WIDTH, where);
  const planes = readInteger(fields, 'latents', 1, stored, where);
  const activation = readChoice(fields, 'activation', ['relu', 'elu'], where);
  const skip = readChoice(fields, 'skip', [true, false], where);
  const layers = info.weights ? openLimeLayers(info, hidden, planes) : readLayers(fields.layers, planes + 2, hidden);
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

/** Layers whose widths must chain: inputs → hidden → 3. */
function readLayers(layers, inputs, hidden) {
  const widths = [...hidden, 3];
  if (!Array.isArray(layers) || layers.length !== widths.length) {
    refuse('info.json: decoder', 'layers', `${widths.length} layers`, layers?.length);
  }
  return widths.map((outputs, index) => {
    const shape = [outputs, index ? widths[index - 1] : inputs];
    return readLayer(layers[index], shape, `info.json: decoder: layer ${index + 1}`);
  });
}

function readLayer(layer, shape, where) {
  return {
    weight: toFloat32(readArray(layer ?? {}, 'weight', shape, where).data),
    bias: toFloat32(readArray(layer ?? {}, 'bias', [shape[0]], where).data),
  };
}

function toFloat32(numbers) {
  return Float32Array.from(numbers);
}

/** OpenLIME's zero-padded top-level numbers, trimmed; its identity layer (one hidden layer) is undone. */
function openLimeLayers(info, hidden, planes) {
  const biases = [0, 1, 2].map((i) => readArray(info.biases, i, [-1], 'info.json: biases').data);
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
  return layers.map(([weight, bias]) => ({ weight: toFloat32(weight), bias: toFloat32(bias) }));
}

// --- the light-conditioned student: a small network of the light emits every weight ----------------------------------

function lightDecoder(fields, planes) {
  const where = 'info.json: decoder';
  const hidden = readIntegers(fields, 'hidden', 2, 1, MAX_WIDTH, where);
  const activation = readChoice(fields, 'activation', ['relu', 'elu'], where);
  const skip = readChoice(fields, 'skip', [true, false], where);
  readChoice(fields, 'light_activation', ['silu'], where);
  const { data: exponents, shape } = readArray(fields, 'features', [-1, 3], where);
  const shapes = parameterShapes(planes, hidden, skip);
  const layers = readLightLayers(fields.light_layers, shape[0], shapes.flat().reduce((a, b) => a + b, 0));
  const frameNetwork = (light) => {
    let h = Float64Array.from({ length: shape[0] }, (_, i) => monomial(light, exponents, 3 * i));
    layers.forEach(({ weight, bias }, number) => {
      h = affine(weight, number ? h.map(silu) : h, bias);
    });
    return cut(toWeights(h), shapes, skip);
  };
  return { planes, hidden, activation, skip, base: false, frameNetwork };
}

function readLightLayers(layers, features, emitted) {
  const where = 'info.json: decoder: light_layers';
  if (!Array.isArray(layers) || layers.length < 1 || layers.length > 4) refuse(where, '', '1 to 4 layers', layers);
  let width = features;
  const read = layers.map((layer, index) => {
    const [rows] = readArray(layer ?? {}, 'bias', [-1], `${where}[${index}]`).shape;
    const result = readLayer(layer, [rows, width], `${where}[${index}]`);
    width = rows;
    return result;
  });
  if (width !== emitted) throw new ObjectError(`${where}: expected to emit ${emitted} numbers, got ${width}`);
  return read;
}

/** Sizes of W₁, b₁, …, Wₙ, bₙ, [S]. */
function parameterShapes(planes, hidden, skip) {
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

// --- bases of functions of the light: no hidden layer ----------------------------------------------------------------

function basisDecoder(fields, stored) {
  const where = 'info.json: decoder';
  const basis = fields.basis === 'ptm' ? ptmTerms : hshTerms;
  const terms = readInteger(fields, 'terms', 1, fields.basis === 'ptm' ? 6 : 16, where);
  const base = readChoice(fields, 'base', [true, false], where);
  const planes = base ? 3 + terms : 3 * terms;
  if (planes !== stored) throw new ObjectError(`${where}: expected ${planes} planes for ${terms} terms, got ${stored}`);
  const frameNetwork = (light) => {
    const values = basis(light);
    const weight = new Float64Array(3 * planes);
    for (let c = 0; c < 3; c++) {
      for (let j = 0; j < terms; j++) weight[c * planes + (base ? 3 + j : 3 * j + c)] = values[j];
    }
    return { weights: [toWeights(weight)], biases: [new Float32Array(3)], skip: null };
  };
  return { planes, hidden: [], activation: 'relu', skip: false, base, frameNetwork };
}

function ptmTerms([x, y]) {
  return [x * x, y * y, x * y, x, y, 1];
}

function hshTerms([x, y, z]) {
  const t = Math.min(Math.max(z, 0), 1);
  const p = t - t * t;
  const q = Math.sqrt(p);
  const phi = Math.atan2(y, x);
  const { cos, sin, PI } = Math;
  const root = (over) => Math.sqrt(over / PI);
  return [
    root(1 / 2),
    root(6) * cos(phi) * q,
    root(3 / 2) * (2 * t - 1),
    root(6) * sin(phi) * q,
    root(30) * cos(2 * phi) * p,
    root(30) * cos(phi) * (2 * t - 1) * q,
    root(5 / 2) * (1 - 6 * t + 6 * t ** 2),
    root(30) * sin(phi) * (2 * t - 1) * q,
    root(30) * sin(2 * phi) * p,
    2 * root(35) * cos(3 * phi) * q * p,
    root(210) * cos(2 * phi) * (2 * t - 1) * p,
    2 * root(21) * cos(phi) * q * (1 - 5 * t + 5 * t ** 2),
    root(7 / 2) * (-1 + 12 * t - 30 * t ** 2 + 20 * t ** 3),
    2 * root(21) * sin(phi) * q * (1 - 5 * t + 5 * t ** 2),
    root(210) * sin(2 * phi) * (2 * t - 1) * p,
    2 * root(35) * sin(3 * phi) * q * p,
  ];
}

function nodeDecoder(fields, planes) {
  const where = 'info.json: decoder';
  const basis = readChoice(fields, 'basis', ['ptm', 'hsh', 'rbf', 'bilinear'], where);
  const { data, shape } = readArray(fields, 'table', [planes + 1, -1, 3], where);
  const table = toFloat32(data);
  const count = shape[1];
  const nodeWeights = basis === 'rbf' ? gaussianWeights(fields, count) : bilinearWeights(fields, count);
  const frameNetwork = (light) => {
    const mix = nodeWeights(light);
    const entry = (k, c) => mix.reduce((sum, weight, m) => sum + weight * table[(k * count + m) * 3 + c], 0);
    const weight = Float64Array.from({ length: 3 * planes }, (_, i) => entry(1 + (i % planes), Math.floor(i / planes)));
    return { weights: [toWeights(weight)], biases: [toWeights([0, 1, 2].map((c) => entry(0, c)))], skip: null };
  };
  return { planes, hidden: [], activation: 'relu', skip: false, base: false, frameNetwork };
}

function gaussianWeights(fields, count) {
  const nodes = toFloat32(readArray(fields, 'nodes', [count, 3], 'info.json: decoder').data);
  const sigma = fields.sigma;
  if (!(sigma >= 1e-6 && sigma <= 1e6)) refuse('info.json: decoder', 'sigma', 'a number from 1e-6 to 1e6', sigma);
  return (light) => {
    const squared = (m) => [0, 1, 2].reduce((sum, c) => sum + (nodes[3 * m + c] - light[c]) ** 2, 0);
    const exponents = Float64Array.from({ length: count }, (_, m) => -squared(m) / sigma ** 2);
    const largest = exponents.reduce((a, b) => Math.max(a, b), -Infinity);
    const weights = exponents.map((exponent) => Math.exp(exponent - largest));
    const total = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / total);
  };
}

function bilinearWeights(fields, count) {
  const resolution = readInteger(fields, 'resolution', 2, 64, 'info.json: decoder');
  if (resolution ** 2 !== count) refuse('info.json: decoder', 'resolution', `the root of ${count}`, resolution);
  return ([x, y, z]) => {
    const onGrid = (value) => ((value / (Math.abs(x) + Math.abs(y) + Math.abs(z))) * 0.5 + 0.5) * (resolution - 1);
    const cell = (value) => Math.min(Math.max(Math.trunc(value), 0), resolution - 2);
    const [column, row] = [onGrid(x + y), onGrid(y - x)]; // octahedral map of the hemisphere onto the square
    const [left, below] = [cell(column), cell(row)];
    const [dx, dy] = [column - left, row - below];
    const weights = new Float64Array(count);
    const corner = below * resolution + left;
    weights[corner] = (1 - dy) * (1 - dx);
    weights[corner + 1] = (1 - dy) * dx;
    weights[corner + resolution] = dy * (1 - dx);
    weights[corner + resolution + 1] = dy * dx;
    return weights;
  };
}
