/**
 * What a light becomes: the weights of a small network of the planes,
 * h₀ = z; hᵢ = φ(Wᵢ·hᵢ₋₁ + bᵢ); y = Wₙ·h + bₙ [+ S·z].
 */

const MAX_WEIGHT = 1e9;

/**
 * @typedef {object} Decoder
 * @property {number} planes K, the coefficient planes it reads.
 * @property {number[]} hidden widths of the frame network's hidden layers, none to two.
 * @property {'relu'|'elu'} activation φ of the hidden layers.
 * @property {boolean} skip whether the frame network has a linear skip.
 * @property {boolean} base whether the output is multiplied by the first three planes.
 * @property {(light: number[]) => Network} frameNetwork the network of one unit light, in units of z.
 * @property {Decoder[]} [experts] of one shape, means included, where labels say which draws which pixel.
 *
 * @typedef {object} Network
 * @property {Float32Array[]} weights (out, in) row-major, one a layer.
 * @property {Float32Array[]} biases (out), one a layer.
 * @property {Float32Array|null} skip (3, K).
 */

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
  const scaled = (matrix) => toWeights(new Float64Array(matrix).map((w, i) => w * scale[i % planes]));
  biases[0] = toWeights(affine(weights[0], minimum, biases[0]));
  weights[0] = scaled(weights[0]);
  if (!network.skip) return { weights, biases, skip: null };
  biases.push(toWeights(affine(network.skip, minimum, biases.pop())));
  return { weights, biases, skip: scaled(network.skip) };
}

/** Rounded to float32, clipped to ±1e9, beyond which only damaged decoders go. */
export function toWeights(numbers) {
  const weights = new Float32Array(numbers);
  for (let i = 0; i < weights.length; i++) weights[i] = Math.max(-MAX_WEIGHT, Math.min(MAX_WEIGHT, weights[i]));
  return weights;
}

/** W·h + b in float64, (out). */
export function affine(weight, inputs, bias) {
  const width = inputs.length;
  const outputs = new Float64Array(bias.length);
  for (let o = 0, at = 0; o < bias.length; o++) {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += weight[at++] * inputs[i];
    outputs[o] = sum + bias[o];
  }
  return outputs;
}
