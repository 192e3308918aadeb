/** Objects of several experts: their decoders, and coarser levels of their planes. Loaded with the first such object. */

import { makeDecoder } from './decoders.js';
import { ObjectError, readArray, readIntegers, refuse } from './fields.js';
import { makeProgram } from './gl-parts.js';
import { toWeights } from './network.js';
import { COVER_VERTEX, planeFiles } from './shaders.js';

const MAX_EXPERTS = 64;
const MAX_LABELS = 256; // experts and means of them: a label is a byte
const SUM_ERROR = 1e-6;
const DECODER = 'info.json: decoder';

/**
 * The decoder of an info.json of version 2.
 * @returns {import('./network.js').Decoder} with all its `experts`, means of them included, and `makeLevels`, which
 *   fills the coarser levels of a texture of planes.
 */
export function readExperts(info, stored) {
  const list = info.decoder?.experts;
  const isList = info.decoder?.kind === 'experts' && Array.isArray(list) && list.length >= 2 && list.length <= MAX_EXPERTS;
  if (!isList) refuse(DECODER, 'experts', `2 to ${MAX_EXPERTS} decoders`, list);
  const experts = list.map((fields) => remembering(makeDecoder({ decoder: fields }, stored)));
  const [first] = experts;
  const shape = ({ planes, hidden, activation, skip, base }) => JSON.stringify([planes, hidden, activation, skip, base]);
  const other = experts.findIndex((each) => shape(each) !== shape(first));
  if (other > 0) throw new ObjectError(`info.json: expected experts of one shape, got another one as number ${other + 1}.`);
  const all = [...experts, ...readMeans(info.decoder, experts)];
  return { ...first, experts: all, makeLevels: (gl, ...size) => makeLevels(gl, planeFiles(first), ...size) };
}

/** A decoder that keeps the network of the last light: the means that it is part of ask for it again. */
function remembering(decoder) {
  let [last, network] = [null, null];
  const frameNetwork = (light) => {
    if (light !== last) [last, network] = [light, decoder.frameNetwork(light)];
    return network;
  };
  return { ...decoder, frameNetwork };
}

/** The decoders of the labels after those of the experts. */
function readMeans({ means = [] }, experts) {
  const most = MAX_LABELS - experts.length;
  if (!Array.isArray(means) || means.length > most) refuse(DECODER, 'means', `a list of at most ${most} means`, means);
  return means.map((mean, number) => {
    const shares = readShares(mean ?? {}, experts.length, `${DECODER}: mean ${number + 1}`);
    const [chosen, weights] = [experts.filter((_, i) => shares[i]), shares.filter(Boolean)];
    const frameNetwork = (light) => meanNetwork(chosen.map((each) => each.frameNetwork(light)), weights);
    return { ...experts[0], frameNetwork };
  });
}

/** How much each expert has of a mean. */
function readShares(fields, experts, where) {
  const of = readIntegers(fields, 'of', experts, 0, experts - 1, where);
  if (!of.length || new Set(of).size < of.length) refuse(where, 'of', 'different experts', of);
  const { data } = readArray(fields, 'shares', [of.length], where);
  const isMean = data.every((share) => share >= 0) && Math.abs(data.reduce((a, b) => a + b) - 1) <= SUM_ERROR;
  if (!isMean) refuse(where, 'shares', 'from 0 to 1 with the sum 1', fields.shares);
  const shares = new Float64Array(experts);
  of.forEach((expert, i) => (shares[expert] = data[i]));
  return shares;
}

/** The network whose numbers are weighted means: added up in float64, the first network first, then rounded. */
function meanNetwork(networks, shares) {
  const mean = (arrays) => {
    const sums = new Float64Array(arrays[0].length);
    arrays.forEach((array, n) => {
      for (let i = 0; i < sums.length; i++) sums[i] += shares[n] * array[i];
    });
    return toWeights(sums);
  };
  const layers = (key) => networks[0][key].map((_, layer) => mean(networks.map((each) => each[key][layer])));
  const skip = networks[0].skip && mean(networks.map((each) => each.skip));
  return { weights: layers('weights'), biases: layers('biases'), skip };
}

/**
 * Fills the coarser levels of the texture array that is bound to unit 0: planes, labels and perhaps a mask. A texel is the
 * mean of those of its four texels that have the most frequent label: values of different experts have no mean.
 */
function makeLevels(gl, labels, width, height, layers, levels) {
  const { program, at } = makeProgram(gl, COVER_VERTEX, HALVE);
  const [framebuffer, target] = [gl.createFramebuffer(), gl.createRenderbuffer()];
  const sizeAt = (level) => [width, height].map((length) => Math.max(1, length >> level));
  gl.bindRenderbuffer(gl.RENDERBUFFER, target);
  gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, ...sizeAt(1));
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, target);
  gl.disable(gl.SCISSOR_TEST);
  gl.useProgram(program);
  gl.uniform1i(at('planes'), 0);
  gl.uniform1i(at('labels'), labels);
  for (let level = 1; level < levels; level++) {
    const size = sizeAt(level);
    gl.viewport(0, 0, ...size);
    gl.uniform1i(at('finer'), level - 1);
    for (let layer = 0; layer < layers; layer++) {
      gl.uniform1i(at('layer'), layer);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      gl.copyTexSubImage3D(gl.TEXTURE_2D_ARRAY, level, 0, 0, layer, 0, 0, ...size);
    }
  }
  gl.deleteFramebuffer(framebuffer);
  gl.deleteRenderbuffer(target);
  gl.deleteProgram(program);
}

/** The mask follows the labels, and counts all four texels. */
const HALVE = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2DArray;
uniform sampler2DArray planes;
uniform int finer, layer, labels;
out vec4 colour;
void main() {
  ivec2 last = textureSize(planes, finer).xy - 1;
  vec3 texels[4];
  int label[4];
  for (int i = 0; i < 4; i++) {
    ivec2 texel = min(2 * ivec2(gl_FragCoord.xy) + ivec2(i & 1, i >> 1), last);
    texels[i] = texelFetch(planes, ivec3(texel, layer), finer).rgb;
    label[i] = int(255.0 * texelFetch(planes, ivec3(texel, labels), finer).r + 0.5);
  }
  int chosen = 0, most = 0;
  for (int i = 0; i < 4; i++) {
    int count = 0;
    for (int j = 0; j < 4; j++) count += int(label[j] == label[i]);
    if (count > most || (count == most && label[i] < chosen)) {
      most = count;
      chosen = label[i];
    }
  }
  vec3 sum = vec3(0.0);
  float count = 0.0;
  for (int i = 0; i < 4; i++) {
    if (label[i] == chosen || layer > labels) {
      sum += texels[i];
      count += 1.0;
    }
  }
  colour = vec4(floor(255.0 * sum / count + 0.5) / 255.0, 1.0);
}`;
