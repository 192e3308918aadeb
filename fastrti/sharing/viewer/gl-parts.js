/** Parts of WebGL2 that the renderers are made of. */

import { ObjectError } from './fields.js';
import { WEIGHTS_WIDTH } from './shaders.js';

/** Texture units; 0 has the planes, and looks.js takes those from 4 on. */
export const WEIGHTS_UNIT = 1;
export const NORMALS_UNIT = 2;
export const RELIT_UNIT = 3;

/** Draws go to a part of a framebuffer: left, top, right, bottom. */
export function aim(gl, framebuffer, [left, top, right, bottom]) {
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.enable(gl.SCISSOR_TEST);
  gl.scissor(left, top, Math.max(0, right - left), Math.max(0, bottom - top));
}

/** A program, and where its uniforms are. */
export function makeProgram(gl, vertex, fragment) {
  return linkedProgram(gl, beginProgram(gl, vertex, fragment));
}

/** A program that the graphics driver compiles from now on; several are compiled at the same time. */
export function beginProgram(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return program;
}

/** Waits for a program that was begun. */
export function linkedProgram(gl, program) {
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    const log = gl.getAttachedShaders(program).map((shader) => gl.getShaderInfoLog(shader)).join(' ');
    throw new ObjectError(`This graphics driver refuses the shader: ${gl.getProgramInfoLog(program)} ${log}`);
  }
  const locations = new Map();
  const at = (name) => {
    if (!locations.has(name)) locations.set(name, gl.getUniformLocation(program, name));
    return locations.get(name);
  };
  return { program, at };
}

/** A texture at a unit, which stays bound there. */
export function makeTexture(gl, kind, unit, minFilter) {
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(kind, texture);
  gl.texParameteri(kind, gl.TEXTURE_MIN_FILTER, minFilter);
  gl.texParameteri(kind, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(kind, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(kind, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

/** A uniform block of weights. */
export function makeWeightBlock(gl, program) {
  gl.uniformBlockBinding(program, gl.getUniformBlockIndex(program, 'Weights'), 0);
  const buffer = gl.createBuffer();
  const bind = () => gl.bindBufferBase(gl.UNIFORM_BUFFER, 0, buffer);
  const upload = (packed) => {
    bind();
    gl.bufferData(gl.UNIFORM_BUFFER, packed, gl.DYNAMIC_DRAW);
  };
  return { bind, upload };
}

/** A float texture of so many vec4s of weights. */
export function makeWeightTexture(gl, count) {
  const texture = makeTexture(gl, gl.TEXTURE_2D, WEIGHTS_UNIT, gl.NEAREST);
  const rows = Math.ceil(count / WEIGHTS_WIDTH);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32F, WEIGHTS_WIDTH, rows);
  const padded = new Float32Array(4 * WEIGHTS_WIDTH * rows);
  const bind = () => {
    gl.activeTexture(gl.TEXTURE0 + WEIGHTS_UNIT);
    gl.bindTexture(gl.TEXTURE_2D, texture);
  };
  const upload = (packed) => {
    padded.set(packed);
    bind();
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, WEIGHTS_WIDTH, rows, gl.RGBA, gl.FLOAT, padded);
  };
  return { bind, upload };
}

/** A framebuffer whose texture is bound to a unit of its own for good. */
export function makeTarget(gl, unit, format, [width, height]) {
  const texture = makeTexture(gl, gl.TEXTURE_2D, unit, gl.NEAREST);
  gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  return framebuffer;
}
