/**
 * The GLSL of a frame network, generated for the decoder's shape so that every loop has constant bounds, and the order
 * in which its weights lie in memory. Weights are vec4s: one column of four outputs each.
 */

/** Display modes, by the number the shader knows them. Slope and height are made of normals; looks.js draws them. */
export const MODES = { relight: 0, normals: 1, diffuse: 2, specular: 3, slope: 1, height: 1 };

const groups = (count) => Math.ceil(count / 4);

/** vec4s the weights of a decoder take, for each label if it has experts. */
export function weightCount(decoder) {
  const [first = 0, second = 0] = decoder.hidden;
  const perPlane = groups(first) + (addsLinear(decoder) ? 1 : 0);
  const middle = second ? groups(second) * (1 + 4 * groups(first)) : 0;
  return groups(first) + 1 + 3 * planeFiles(decoder) * perPlane + middle + 4 * groups(second || first);
}

/** Plane pictures a decoder reads, three planes each. */
export function planeFiles(decoder) {
  return Math.ceil(decoder.planes / 3);
}

/** Whether the planes reach the output without a hidden layer: a skip, or no hidden layer at all. */
function addsLinear(decoder) {
  return decoder.skip || decoder.hidden.length === 0;
}

/**
 * The weights in the order the shader reads them: b₁, bₙ, the columns of W₁ and S plane by plane, then layer by layer
 * biases and columns, each padded with zeros to four outputs.
 * @param {import('./network.js').Decoder} decoder
 * @param {import('./network.js').Network[]} networks folded, so their inputs are bytes: of one label after the other.
 * @returns {Float32Array} four numbers a vec4.
 */
export function packWeights(decoder, networks) {
  const size = 4 * weightCount(decoder);
  const packed = new Float32Array(size * networks.length);
  networks.forEach((network, i) => packNetwork(decoder, network, packed.subarray(i * size)));
  return packed;
}

function packNetwork(decoder, { weights, biases, skip }, packed) {
  const { hidden, planes } = decoder;
  let at = 0;
  const column = (matrix, inputs, outputs, group, input) => {
    for (let r = 0; r < 4; r++, at++) {
      const row = 4 * group + r;
      if (row < outputs && input < inputs) packed[at] = matrix[row * inputs + input];
    }
  };
  const layer = (number, inputs, outputs) => {
    for (let o = 0; o < groups(outputs); o++) {
      if (number < hidden.length) column(biases[number], 1, outputs, o, 0);
      for (let i = 0; i < 4 * groups(inputs); i++) column(weights[number], inputs, outputs, o, i);
    }
  };
  for (let o = 0; o < groups(hidden[0] ?? 0); o++) column(biases[0], 1, hidden[0], o, 0);
  column(biases.at(-1), 1, 3, 0, 0);
  const direct = hidden.length ? null : weights[0];
  const linear = direct && skip ? direct.map((weight, i) => weight + skip[i]) : (direct ?? skip);
  for (let file = 0; file < planeFiles(decoder); file++) {
    for (let o = 0; o < groups(hidden[0] ?? 0); o++) {
      for (let i = 0; i < 3; i++) column(weights[0], planes, hidden[0], o, 3 * file + i);
    }
    for (let i = 0; linear && i < 3; i++) column(linear, planes, 3, 0, 3 * file + i);
  }
  if (hidden.length === 2) layer(1, hidden[0], hidden[1]);
  if (hidden.length) layer(hidden.length, hidden.at(-1), 3);
}

/**
 * The fragment shader that relights one texel: bytes in, bytes out.
 * @param {import('./network.js').Decoder} decoder
 * @param {boolean} masked whether a mask follows the planes (and labels) in the texture array.
 * @param {boolean} inBlock weights in a uniform block, where it is large enough; else in a texture.
 */
export function relightShader(decoder, masked, inBlock) {
  const [first = 0, second = 0] = decoder.hidden.map(groups);
  const [files, count, experts] = [planeFiles(decoder), weightCount(decoder), decoder.experts?.length ?? 1];
  const labelled = experts > 1;
  return `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2DArray;
precision highp sampler2D;
uniform sampler2DArray planes;
uniform sampler2D normals;
uniform int lod, mode;
uniform vec3 light;
uniform float gain, outside; // the alpha outside of the mask
${inBlock ? blockWeights(experts * count) : TEXTURE_WEIGHTS}
out vec4 colour;

#define columns3(k) mat3x4(w(k), w((k) + 1), w((k) + 2))
#define columns4(k) mat4(w(k), w((k) + 1), w((k) + 2), w((k) + 3))

vec4 phi(vec4 h) {
  return ${decoder.activation === 'relu' ? 'max(h, 0.0)' : 'mix(exp(min(h, 0.0)) - 1.0, h, greaterThan(h, vec4(0.0)))'};
}

vec3 stored(ivec2 texel, int file) {
  return floor(255.0 * texelFetch(planes, ivec3(texel, file), lod).rgb + 0.5);
}

${labelled ? `int label(ivec2 texel) { return int(stored(texel, ${files}).r); }` : ''}

vec3 network(ivec2 texel) {
  int k = ${labelled ? `${count} * min(label(texel), ${experts - 1})` : 0};
${first ? `  vec4 h1[${first}];\n  for (int o = 0; o < ${first}; o++) h1[o] = w(k++);` : ''}
  vec4 y = w(k++);
  for (int file = 0; file < ${files}; file++) {
    vec3 v = stored(texel, file);
${first ? `    for (int o = 0; o < ${first}; o++, k += 3) h1[o] += columns3(k) * v;` : ''}
${addsLinear(decoder) ? '    y += columns3(k) * v;\n    k += 3;' : ''}
  }
${first ? activate('h1', first) : ''}
${second ? middleLayer(first, second) : ''}
${first ? outputLayer(second ? 'h2' : 'h1', second || first) : ''}
  ${decoder.base ? 'y.rgb *= stored(texel, 0) / 255.0;' : ''}
  return clamp(y.rgb, 0.0, 1.0);
}
${ENHANCEMENT}
void main() {
  ivec2 texel = ivec2(gl_FragCoord.xy);
  vec3 rgb = mode == ${MODES.normals} ? vec3(0.0) : floor(255.0 * network(texel) + 0.5) / 255.0;
  if (mode != ${MODES.relight}) rgb = enhanced(rgb, texel);
  float inside = ${masked ? `step(0.5, texelFetch(planes, ivec3(texel, ${files + labelled}), lod).r)` : '1.0'};
  ${labelled ? `if (label(texel) >= ${experts}) inside = 0.0;` : ''}
  colour = vec4(floor(255.0 * rgb * inside + 0.5) / 255.0, max(inside, outside));
}`;
}

const activate = (name, count) => `  for (int o = 0; o < ${count}; o++) ${name}[o] = phi(${name}[o]);`;

const middleLayer = (first, second) => `  vec4 h2[${second}];
  for (int o = 0; o < ${second}; o++) {
    vec4 sum = w(k++);
    for (int i = 0; i < ${first}; i++, k += 4) sum += columns4(k) * h1[i];
    h2[o] = phi(sum);
  }`;

const outputLayer = (name, count) =>
  `  for (int i = 0; i < ${count}; i++, k += 4) y += columns4(k) * ${name}[i];`;

const blockWeights = (count) => `layout(std140) uniform Weights { vec4 weights[${count}]; };
#define w(k) weights[k]`;

/** Width of the texture that holds the weights where no uniform block is large enough. */
export const WEIGHTS_WIDTH = 256;

const TEXTURE_WEIGHTS = `uniform sampler2D weights;
vec4 w(int k) {
  return texelFetch(weights, ivec2(k % ${WEIGHTS_WIDTH}, k / ${WEIGHTS_WIDTH}), 0);
}`;

/**
 * Diffuse gain and specular enhancement after Malzbender et al. 2001, sections 4.2 and 4.1, with the stored normals.
 * A Lambertian surface of albedo a answers a·s, s = N·l. The gain keeps the brightness where the light is along the
 * normal and falls off `gain` times as steeply: a·(1 − gain·(1 − s)). The highlight is Blinn's (N·H)ⁿ.
 * The same formulas on the same bytes are in fastrti/rendering/enhanced.py.
 */
const ENHANCEMENT = `
vec3 enhanced(vec3 rgb, ivec2 texel) {
  vec3 packed = texelFetch(normals, texel, lod).rgb;
  if (mode == ${MODES.normals}) return packed;
  vec3 n = normalize(packed * 255.0 - 127.5);
  float s = max(dot(n, light), 0.0);
  if (mode == ${MODES.diffuse}) return clamp(rgb - (gain - 1.0) * rgb / max(s, 0.3) * (1.0 - s), 0.0, 1.0);
  float highlight = pow(max(dot(n, normalize(light + vec3(0.0, 0.0, 1.0))), 0.0), 20.0 * gain);
  return clamp(0.5 * rgb + (0.2 + 0.3 * rgb) * highlight, 0.0, 1.0);
}
`;

/** A rectangle of the picture, given in clip space before the turn; uv in texels of what is drawn. */
export const COMPOSE_VERTEX = `#version 300 es
uniform vec4 clip;
uniform vec2 size;
uniform mat2 turn; // of the picture's clip space
out vec2 at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  at = corner * size;
  gl_Position = vec4(turn * mix(clip.xy, clip.zw, corner), 0.0, 1.0);
}`;

/** Samples the relit texels, never beyond the edge of what was relit. */
export const COMPOSE_FRAGMENT = `#version 300 es
precision highp float;
precision highp sampler2D;
uniform sampler2D relit;
uniform vec2 size;
in vec2 at;
out vec4 colour;
void main() {
  colour = vec4(texture(relit, clamp(at, vec2(0.5), size - 0.5) / vec2(textureSize(relit, 0))).rgb, 1.0);
}`;

/** Covers the whole viewport with one triangle. */
export const COVER_VERTEX = `#version 300 es
void main() {
  gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0);
}`;
