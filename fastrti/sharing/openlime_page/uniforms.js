/**
 * Light-conditioned networks in OpenLIME's neural shader.
 *
 * The shader evaluates a plain network whose weights are uniforms. Nothing says that they must stay what they were: set
 * anew whenever the light changes, they make it draw a network whose every weight depends on the light.
 */

import { makeDecoder, unitLight } from './decoders.js';
import { affine } from './network.js';

const PLANES = 9;
const INPUTS = 12; // the planes, x and y of the light, one spare

/**
 * From now on the shader's weights follow its light, whoever moves it.
 * @param {object} shader OpenLIME's ShaderNeural.
 * @param {object} info the object's info.json.
 */
export function conditionOnLight(shader, info) {
  const uniformsAt = makeUniforms(info);
  const setLight = shader.setLight.bind(shader);
  shader.setLight = (light) => {
    setLight(light);
    for (const [name, value] of Object.entries(uniformsAt(light))) shader.setUniform(name, value);
  };
}

/**
 * What turns a light (x, y) into the uniforms of OpenLIME's neural shader.
 * @param {object} info an info.json with a decoder of one or two hidden layers for nine planes.
 * @returns {(light: number[]) => Object<string, Float32Array>}
 */
export function makeUniforms(info) {
  const decoder = makeDecoder(info, PLANES);
  const width = 4 * Math.ceil(Math.max(...decoder.hidden) / 4);
  return (light) => {
    const { weights, biases } = withTwoHiddenLayers(decoder.frameNetwork(unitLight(onDisc(light))));
    const rows = [width, width, 3];
    const columns = [INPUTS, width, width];
    return Object.fromEntries(
      weights.flatMap((weight, i) => [
        [`layer${i + 1}_weights`, padded(weight, biases[i].length, rows[i], columns[i])],
        [`layer${i + 1}_biases`, padded(biases[i], biases[i].length, rows[i], 1)],
      ]),
    );
  };
}

/** OpenLIME's lights may leave the unit circle. */
function onDisc([x, y]) {
  const length = Math.max(1, Math.hypot(x, y));
  return [x / length, y / length];
}

/** One hidden layer becomes two by h → ELU(h + 1) − 1, the identity since h > −1. */
function withTwoHiddenLayers({ weights, biases }) {
  if (weights.length === 3) return { weights, biases };
  const width = biases[0].length;
  const identity = Float32Array.from({ length: width * width }, (_, i) => Number(i % (width + 1) === 0));
  const last = affine(weights[1], new Float32Array(width).fill(-1), biases[1]);
  return {
    weights: [weights[0], identity, weights[1]],
    biases: [biases[0], new Float32Array(width).fill(1), Float32Array.from(last)],
  };
}

/** A row-major matrix of so many rows, with zeros below and to the right. */
function padded(matrix, rows, toRows, toColumns) {
  const columns = matrix.length / rows;
  const result = new Float32Array(toRows * toColumns);
  for (let row = 0; row < rows; row++) {
    result.set(matrix.subarray(row * columns, (row + 1) * columns), row * toColumns);
  }
  return result;
}
