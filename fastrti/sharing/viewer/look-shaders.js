/** The GLSL of looks.js. */

/** From low to high, in equal steps: dark to bright for every eye. */
export const RAMP = ['#440154', '#414487', '#2a788e', '#22a884', '#7ad151', '#fde725'];

/** What a mix shader makes. */
export const KINDS = { look: 0, slope: 1, height: 2 };

const HEAD = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp usampler2D;
uniform float contrast;
vec3 contrasted(vec3 encoded) {
  return clamp((encoded - 0.5) * contrast + 0.5, 0.0, 1.0);
}
vec4 rounded(vec3 rgb) {
  return vec4(floor(255.0 * rgb + 0.5) / 255.0, 1.0);
}
const vec3 LUMINANCE = vec3(0.2126, 0.7152, 0.0722);
`;

const colour = (hex) => [1, 3, 5].map((at) => (parseInt(hex.slice(at, at + 2), 16) / 255).toFixed(6)).join();

/**
 * One texel of relit pictures: the lights summed, exposed, balanced, and what is shown of the normals.
 * @param {boolean} deep 16 bits for the sharpening, whose contrast comes later; else the bytes of the picture.
 */
export function mixShader(deep) {
  return `${HEAD}
uniform sampler2D one, two, heights;
uniform ivec2 offset;
uniform int kind;
uniform vec3 gains;
uniform float strength;
uniform vec4 place;
out ${deep ? 'uvec4' : 'vec4'} colour;

vec3 decoded(vec3 e) {
  return mix(e / 12.92, pow((e + 0.055) / 1.055, vec3(2.4)), greaterThan(e, vec3(0.04045)));
}
vec3 encoded(vec3 l) {
  return mix(12.92 * l, 1.055 * pow(max(l, 0.0031308), vec3(1.0 / 2.4)) - 0.055, greaterThan(l, vec3(0.0031308)));
}
vec3 ramp(float t) {
  const vec3 colours[${RAMP.length}] = vec3[](${RAMP.map((hex) => `vec3(${colour(hex)})`).join()});
  float at = clamp(t, 0.0, 1.0) * ${(RAMP.length - 1).toFixed(1)};
  int low = min(int(at), ${RAMP.length - 2});
  return mix(colours[low], colours[low + 1], at - float(low));
}
vec3 shown(ivec2 texel, vec3 rgb) {
  if (kind == ${KINDS.slope}) return ramp(acos(clamp(normalize(rgb * 255.0 - 127.5).z, 0.0, 1.0)) / radians(90.0));
  if (kind == ${KINDS.height}) return ramp(texture(heights, (vec2(texel) + 0.5) * place.xy + place.zw).r);
  vec3 linear = decoded(rgb);
  if (strength > 0.0) linear += strength * decoded(texelFetch(two, texel, 0).rgb);
  return encoded(clamp(linear * gains, 0.0, 1.0));
}
void main() {
  ivec2 texel = ivec2(gl_FragCoord.xy) - offset;
  vec4 lit = texelFetch(one, texel, 0);
  vec3 rgb = shown(texel, lit.rgb);
${
  deep
    ? '  colour = uvec4(floor(65535.0 * vec4(rgb, lit.a) + 0.5));'
    : `  colour = rounded((kind == ${KINDS.look} ? contrasted(rgb) : rgb) * lit.a);`
}
}`;
}

const BLUR_HEAD = `
uniform ivec4 within; // what of the padded picture is filled
uniform int reach;
uniform float sigma;
float share(int step) {
  return exp(-0.5 * float(step * step) / (sigma * sigma));
}
bool isFilled(ivec2 at) {
  return all(greaterThanEqual(at, within.xy)) && all(lessThan(at, within.zw));
}
`;

/** Along rows: luminance on the object, and how much of the object there is. */
export const BLUR = `${HEAD}${BLUR_HEAD}
uniform usampler2D mixed;
out uvec2 blurred;
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  vec2 sum = vec2(0.0);
  float shares = 0.0;
  for (int step = -reach; step <= reach; step++) {
    shares += share(step);
    ivec2 there = at + ivec2(step, 0);
    if (!isFilled(there)) continue;
    vec4 texel = vec4(texelFetch(mixed, there, 0)) / 65535.0;
    sum += share(step) * texel.a * vec2(dot(texel.rgb, LUMINANCE), 1.0);
  }
  blurred = uvec2(floor(65535.0 * sum / shares + 0.5));
}`;

/** Along columns, and the picture from it. */
export const SHARPEN = `${HEAD}${BLUR_HEAD}
uniform usampler2D mixed, blurred;
uniform int pad;
uniform float amount;
out vec4 colour;
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy) + pad;
  vec2 sum = vec2(0.0);
  for (int step = -reach; step <= reach; step++) {
    ivec2 there = at + ivec2(0, step);
    if (isFilled(there)) sum += share(step) * vec2(texelFetch(blurred, there, 0).rg);
  }
  vec4 texel = vec4(texelFetch(mixed, at, 0)) / 65535.0;
  float detail = dot(texel.rgb, LUMINANCE) - sum.r / max(sum.g, 1e-6);
  colour = rounded(contrasted(texel.rgb + amount * detail) * texel.a);
}`;
