/** Decoders without a hidden layer: each weight is a function of the light, by a basis or by nodes around. */

import { ObjectError, readArray, readChoice, readInteger, refuse } from './fields.js';
import { toWeights } from './network.js';

const WHERE = 'info.json: decoder';

/**
 * The decoder of a `light_basis`.
 * @returns {import('./network.js').Decoder}
 */
export function basisDecoder(fields, stored) {
  const basis = readChoice(fields, 'basis', ['ptm', 'hsh', 'rbf', 'bilinear'], WHERE);
  const shared = { planes: stored, hidden: [], activation: 'relu', skip: false, base: fields.base === true };
  const network = basis === 'ptm' || basis === 'hsh' ? termNetwork : nodeNetwork;
  return { ...shared, frameNetwork: network(fields, stored) };
}

/** PTM and HSH: colour channel c is the sum of terms of the light times plane 3j + c. */
function termNetwork(fields, stored) {
  const [basis, most] = fields.basis === 'ptm' ? [ptmTerms, 6] : [hshTerms, 16];
  const terms = readInteger(fields, 'terms', 1, most, WHERE);
  const base = readChoice(fields, 'base', [true, false], WHERE);
  const planes = base ? 3 + terms : 3 * terms;
  if (planes !== stored) throw new ObjectError(`${WHERE}: expected ${planes} planes for ${terms} terms, got ${stored}`);
  return (light) => {
    const values = basis(light);
    const weight = new Float64Array(3 * planes);
    for (let c = 0; c < 3; c++) {
      for (let j = 0; j < terms; j++) weight[c * planes + (base ? 3 + j : 3 * j + c)] = values[j];
    }
    return { weights: [toWeights(weight)], biases: [new Float32Array(3)], skip: null };
  };
}

function ptmTerms([x, y]) {
  return [x * x, y * y, x * y, x, y, 1];
}

function hshTerms([x, y, z]) {
  const t = Math.min(Math.max(z, 0), 1);
  const p = t - t * t;
  const q = Math.sqrt(p);
  const u = 2 * t - 1;
  const phi = Math.atan2(y, x);
  const { cos, sin, PI } = Math;
  const root = (over) => Math.sqrt(over / PI);
  return [
    root(1 / 2),
    root(6) * cos(phi) * q,
    root(3 / 2) * u,
    root(6) * sin(phi) * q,
    root(30) * cos(2 * phi) * p,
    root(30) * cos(phi) * u * q,
    root(5 / 2) * (1 - 6 * t + 6 * t ** 2),
    root(30) * sin(phi) * u * q,
    root(30) * sin(2 * phi) * p,
    2 * root(35) * cos(3 * phi) * q * p,
    root(210) * cos(2 * phi) * u * p,
    2 * root(21) * cos(phi) * q * (1 - 5 * t + 5 * t ** 2),
    root(7 / 2) * (-1 + 12 * t - 30 * t ** 2 + 20 * t ** 3),
    2 * root(21) * sin(phi) * q * (1 - 5 * t + 5 * t ** 2),
    root(210) * sin(2 * phi) * u * p,
    2 * root(35) * sin(3 * phi) * q * p,
  ];
}

/** RBF and bilinear: weights and bias are a mean of the table's columns, weighted by where the light is. */
function nodeNetwork(fields, planes) {
  const { data, shape } = readArray(fields, 'table', [planes + 1, -1, 3], WHERE);
  const table = Float32Array.from(data);
  const count = shape[1];
  const nodeWeights = fields.basis === 'rbf' ? gaussianWeights(fields, count) : bilinearWeights(fields, count);
  return (light) => {
    const mix = nodeWeights(light);
    const entry = (k, c) => mix.reduce((sum, weight, m) => sum + weight * table[(k * count + m) * 3 + c], 0);
    const weight = Float64Array.from({ length: 3 * planes }, (_, i) => entry(1 + (i % planes), Math.floor(i / planes)));
    return { weights: [toWeights(weight)], biases: [toWeights([0, 1, 2].map((c) => entry(0, c)))], skip: null };
  };
}

function gaussianWeights(fields, count) {
  const nodes = Float32Array.from(readArray(fields, 'nodes', [count, 3], WHERE).data);
  const sigma = fields.sigma;
  if (!(sigma >= 1e-6 && sigma <= 1e6)) refuse(WHERE, 'sigma', 'a number from 1e-6 to 1e6', sigma);
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
  const resolution = readInteger(fields, 'resolution', 2, 64, WHERE);
  if (resolution ** 2 !== count) refuse(WHERE, 'resolution', `the root of ${count}`, resolution);
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
