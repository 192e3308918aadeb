/** WebGL2: the frame network relights the visible texels of a tile into a scratch picture, put on the canvas then. */

import { ObjectError } from './fields.js';
import {
  COMPOSE_FRAGMENT,
  COMPOSE_VERTEX,
  COVER_VERTEX,
  MODES,
  WEIGHTS_WIDTH,
  packWeights,
  relightShader,
  weightCount,
} from './shaders.js';
import { turned } from './view.js';

const WEIGHTS_UNIT = 1;
const NORMALS_UNIT = 2;
const RELIT_UNIT = 3;

/** Draws the tiles of one object on one canvas. */
export class GlRenderer {
  #gl;
  #decoder;
  #relight;
  #compose;
  #scratch;
  #weights;

  /**
   * @param {WebGL2RenderingContext|null} gl a fresh context, or null where the browser has none.
   * @param {import('./network.js').Decoder} decoder
   * @param {boolean} masked
   * @param {number[]} tileSize width and height of the largest tile, in texels.
   */
  constructor(gl, decoder, masked, tileSize) {
    if (!gl) throw new ObjectError('This browser offers no WebGL2: update it, or switch on hardware acceleration.');
    const largest = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    if (Math.max(...tileSize) > largest) {
      throw new ObjectError(
        `Textures end at ${largest} pixels here, the object has ${Math.max(...tileSize)}: export it with --tiles.`,
      );
    }
    this.#gl = gl;
    this.#decoder = decoder;
    const inBlock = 16 * weightCount(decoder) <= gl.getParameter(gl.MAX_UNIFORM_BLOCK_SIZE);
    this.#relight = makeProgram(gl, COVER_VERTEX, relightShader(decoder, masked, inBlock));
    this.#compose = makeProgram(gl, COMPOSE_VERTEX, COMPOSE_FRAGMENT);
    this.#weights = inBlock ? makeWeightBlock(gl, this.#relight) : makeWeightTexture(gl, decoder);
    this.#scratch = makeScratch(gl, tileSize);
    gl.bindVertexArray(gl.createVertexArray());
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    this.#assignUnits();
  }

  /** Uploads the folded network of a light. */
  setNetwork(network) {
    this.#weights(packWeights(this.#decoder, network));
  }

  /**
   * What is drawn from now on.
   * @param {string} mode a key of MODES.
   * @param {number[]} light unit vector.
   * @param {number} gain of the enhancement modes.
   */
  setMode(mode, light, gain) {
    const gl = this.#gl;
    gl.useProgram(this.#relight.program);
    gl.uniform1i(this.#relight.at('mode'), MODES[mode]);
    gl.uniform3f(this.#relight.at('light'), ...light);
    gl.uniform1f(this.#relight.at('gain'), gain);
  }

  /**
   * The texture array of a tile's plane pictures (and mask).
   * @param {ImageBitmap[]} bitmaps all of one size.
   * @param {boolean} mipmapped whether the GPU makes the coarser levels.
   */
  upload(bitmaps, mipmapped) {
    const gl = this.#gl;
    const { width, height } = bitmaps[0];
    const levels = mipmapped ? 1 + Math.floor(Math.log2(Math.max(width, height))) : 1;
    const texture = makeTexture(gl, gl.TEXTURE_2D_ARRAY, 0, levels > 1 ? gl.NEAREST_MIPMAP_NEAREST : gl.NEAREST);
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, levels, gl.RGB8, width, height, bitmaps.length);
    bitmaps.forEach((bitmap, layer) => {
      const size = [width, height, 1];
      gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, layer, ...size, gl.RGB, gl.UNSIGNED_BYTE, bitmap);
    });
    if (levels > 1) gl.generateMipmap(gl.TEXTURE_2D_ARRAY);
    return texture;
  }

  /** The texture of a tile's normals. */
  uploadNormals(bitmap, mipmapped) {
    const gl = this.#gl;
    const texture = makeTexture(gl, gl.TEXTURE_2D, NORMALS_UNIT, mipmapped ? gl.NEAREST_MIPMAP_NEAREST : gl.NEAREST);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, gl.RGB, gl.UNSIGNED_BYTE, bitmap);
    if (mipmapped) gl.generateMipmap(gl.TEXTURE_2D);
    return texture;
  }

  /** Frees the textures of a tile. */
  discard(tile) {
    this.#gl.deleteTexture(tile.texture);
    this.#gl.deleteTexture(tile.normals);
  }

  /** Starts a frame of the canvas on a plain background. */
  clear(rgb) {
    const gl = this.#gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(...rgb, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  /**
   * Relights a tile and puts it on the canvas.
   * @param {object} tile of a Pyramid.
   * @param {number} lod which GPU level of its texture.
   * @param {import('./view.js').View} view
   * @param {boolean} smooth interpolate between texels.
   */
  draw(tile, lod, view, smooth) {
    const gl = this.#gl;
    const size = sizeAt(tile, lod);
    const target = view.areaUpright(tile.area);
    this.#relightInto(tile, lod, visibleTexels(size, target, ...view.upright));
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.disable(gl.SCISSOR_TEST);
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.useProgram(this.#compose.program);
    const [width, height] = view.upright.map((length) => length / 2);
    const [left, top, right, bottom] = target;
    gl.uniform4f(this.#compose.at('clip'), left / width - 1, 1 - top / height, right / width - 1, 1 - bottom / height);
    gl.uniform2f(this.#compose.at('size'), ...size);
    gl.uniform2f(this.#compose.at('turn'), ...turned([1, 0], view.turn));
    gl.activeTexture(gl.TEXTURE0 + RELIT_UNIT);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, smooth ? gl.LINEAR : gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, smooth ? gl.LINEAR : gl.NEAREST);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** The exact relit bytes of a tile, RGBA, row 0 on top. */
  read(tile) {
    const gl = this.#gl;
    this.#relightInto(tile, 0, [0, 0, tile.width, tile.height]);
    const bytes = new Uint8ClampedArray(4 * tile.width * tile.height);
    gl.readPixels(0, 0, tile.width, tile.height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    return new ImageData(bytes, tile.width, tile.height);
  }

  #relightInto(tile, lod, [left, top, right, bottom]) {
    const gl = this.#gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#scratch);
    gl.viewport(0, 0, ...sizeAt(tile, lod));
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(left, top, Math.max(0, right - left), Math.max(0, bottom - top));
    gl.useProgram(this.#relight.program);
    gl.uniform1i(this.#relight.at('lod'), lod);
    gl.activeTexture(gl.TEXTURE0 + NORMALS_UNIT);
    gl.bindTexture(gl.TEXTURE_2D, tile.normals);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, tile.texture);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  #assignUnits() {
    const gl = this.#gl;
    gl.useProgram(this.#relight.program);
    gl.uniform1i(this.#relight.at('planes'), 0);
    gl.uniform1i(this.#relight.at('weights'), WEIGHTS_UNIT);
    gl.uniform1i(this.#relight.at('normals'), NORMALS_UNIT);
    gl.useProgram(this.#compose.program);
    gl.uniform1i(this.#compose.at('relit'), RELIT_UNIT);
  }
}

function sizeAt(tile, lod) {
  return [Math.max(1, tile.width >> lod), Math.max(1, tile.height >> lod)];
}

/** The texels a target on the canvas shows of a picture, one more on each side for interpolation. */
function visibleTexels([width, height], [left, top, right, bottom], canvasWidth, canvasHeight) {
  const toTexel = (position, start, end, count) => ((position - start) / (end - start)) * count;
  return [
    Math.max(0, Math.floor(toTexel(0, left, right, width)) - 1),
    Math.max(0, Math.floor(toTexel(0, top, bottom, height)) - 1),
    Math.min(width, Math.ceil(toTexel(canvasWidth, left, right, width)) + 1),
    Math.min(height, Math.ceil(toTexel(canvasHeight, top, bottom, height)) + 1),
  ];
}

function makeProgram(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
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

function makeTexture(gl, kind, unit, minFilter) {
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(kind, texture);
  gl.texParameteri(kind, gl.TEXTURE_MIN_FILTER, minFilter);
  gl.texParameteri(kind, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(kind, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(kind, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

/** A uniform block of weights; returns its upload. */
function makeWeightBlock(gl, { program }) {
  gl.uniformBlockBinding(program, gl.getUniformBlockIndex(program, 'Weights'), 0);
  const buffer = gl.createBuffer();
  gl.bindBufferBase(gl.UNIFORM_BUFFER, 0, buffer);
  return (packed) => gl.bufferData(gl.UNIFORM_BUFFER, packed, gl.DYNAMIC_DRAW);
}

/** A float texture of weights; returns its upload. */
function makeWeightTexture(gl, decoder) {
  makeTexture(gl, gl.TEXTURE_2D, WEIGHTS_UNIT, gl.NEAREST);
  const rows = Math.ceil(weightCount(decoder) / WEIGHTS_WIDTH);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32F, WEIGHTS_WIDTH, rows);
  const padded = new Float32Array(4 * WEIGHTS_WIDTH * rows);
  return (packed) => {
    padded.set(packed);
    gl.activeTexture(gl.TEXTURE0 + WEIGHTS_UNIT);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, WEIGHTS_WIDTH, rows, gl.RGBA, gl.FLOAT, padded);
  };
}

/** The framebuffer tiles are relit into, bound to its own texture unit for good. */
function makeScratch(gl, [width, height]) {
  const texture = makeTexture(gl, gl.TEXTURE_2D, RELIT_UNIT, gl.LINEAR);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, width, height);
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  return framebuffer;
}
