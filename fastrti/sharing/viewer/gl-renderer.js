/** WebGL2: the frame network relights the visible texels of a tile into a scratch picture, put on the canvas then. */

import { ObjectError } from './fields.js';
import {
  NORMALS_UNIT,
  RELIT_UNIT,
  WEIGHTS_UNIT,
  aim,
  beginProgram,
  linkedProgram,
  makeTarget,
  makeTexture,
  makeWeightBlock,
  makeWeightTexture,
} from './gl-parts.js';
import { COMPOSE_FRAGMENT, COMPOSE_VERTEX, COVER_VERTEX, MODES, packWeights, relightShader, weightCount } from './shaders.js';

/** Draws the tiles of one object on one canvas. */
export class GlRenderer {
  #gl;
  #decoder;
  #relight;
  #compose;
  #scratch;
  #makeWeights;
  #weights = []; // of the first light, and of the second where there is one
  #shown = null;

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
    const count = weightCount(decoder) * (decoder.experts?.length ?? 1);
    const inBlock = 16 * count <= gl.getParameter(gl.MAX_UNIFORM_BLOCK_SIZE);
    const relight = beginProgram(gl, COVER_VERTEX, relightShader(decoder, masked, inBlock));
    const compose = beginProgram(gl, COMPOSE_VERTEX, COMPOSE_FRAGMENT);
    [this.#relight, this.#compose] = [relight, compose].map((program) => linkedProgram(gl, program));
    const { program } = this.#relight;
    this.#makeWeights = () => (inBlock ? makeWeightBlock(gl, program) : makeWeightTexture(gl, count));
    this.#weights[0] = this.#makeWeights(); // now: it asks the driver, who is busy once there is something to draw
    this.#scratch = makeTarget(gl, RELIT_UNIT, gl.RGBA8, tileSize);
    gl.bindVertexArray(gl.createVertexArray());
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    this.#assignUnits();
  }

  /** Uploads the folded networks of the first light, or of the second. */
  setNetworks(networks, second = 0) {
    this.#weights[second] ??= this.#makeWeights();
    this.#weights[second].upload(packWeights(this.#decoder, networks));
  }

  /**
   * What is drawn from now on.
   * @param {string} mode a key of MODES.
   * @param {number[][]} lights unit vectors: one or two.
   * @param {number} gain of the enhancement modes.
   */
  show(mode, lights, gain) {
    this.#shown = { mode, lights, gain };
  }

  /**
   * The texture array of a tile's plane pictures (and labels and mask).
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
    if (levels > 1 && this.#decoder.experts) this.#decoder.makeLevels(gl, width, height, bitmaps.length, levels);
    else if (levels > 1) gl.generateMipmap(gl.TEXTURE_2D_ARRAY);
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
   * @param {Develop|null} develop what makes the picture of the relit tile where it is not shown as it is.
   */
  draw(tile, lod, view, smooth, develop) {
    const gl = this.#gl;
    const size = sizeAt(tile, lod);
    const target = view.areaUpright(tile.area);
    this.#make(tile, lod, visibleTexels(size, target, ...view.upright), develop);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.disable(gl.SCISSOR_TEST);
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.useProgram(this.#compose.program);
    const [width, height] = view.upright.map((length) => length / 2);
    const [left, top, right, bottom] = target;
    gl.uniform4f(this.#compose.at('clip'), left / width - 1, 1 - top / height, right / width - 1, 1 - bottom / height);
    gl.uniform2f(this.#compose.at('size'), ...size);
    gl.uniformMatrix2fv(this.#compose.at('turn'), false, view.turning);
    gl.activeTexture(gl.TEXTURE0 + RELIT_UNIT);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, smooth ? gl.LINEAR : gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, smooth ? gl.LINEAR : gl.NEAREST);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** The exact bytes of a tile, RGBA, row 0 on top. */
  read(tile, lod, develop) {
    const gl = this.#gl;
    const [width, height] = sizeAt(tile, lod);
    this.#make(tile, lod, [0, 0, width, height], develop);
    const bytes = new Uint8ClampedArray(4 * width * height);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    return new ImageData(bytes, width, height);
  }

  /**
   * Relights some texels of a tile into a framebuffer.
   * @param {object} tile
   * @param {number} lod
   * @param {number[]} region left, top, right, bottom in texels.
   * @param {WebGLFramebuffer} target
   * @param {number} outside alpha outside of the mask.
   * @param {number} second 1 for the second light.
   */
  relight(tile, lod, region, target, outside = 1, second = 0) {
    const gl = this.#gl;
    const { mode, lights, gain } = this.#shown;
    const at = this.#relight.at;
    gl.viewport(0, 0, ...sizeAt(tile, lod));
    aim(gl, target, region);
    gl.useProgram(this.#relight.program);
    gl.uniform1i(at('mode'), MODES[tile.normals ? mode : 'relight']); // without normals it is lit as ever
    gl.uniform3f(at('light'), ...lights[second]);
    gl.uniform1f(at('gain'), gain);
    gl.uniform1f(at('outside'), outside);
    gl.uniform1i(at('lod'), lod);
    this.#weights[second].bind();
    gl.activeTexture(gl.TEXTURE0 + NORMALS_UNIT);
    gl.bindTexture(gl.TEXTURE_2D, tile.normals);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, tile.texture);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** Brings what is to be seen into the scratch picture, which stays bound. */
  #make(tile, lod, region, develop) {
    if (develop) develop(tile, lod, region, this.#scratch);
    else this.relight(tile, lod, region, this.#scratch);
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

/**
 * @callback Develop
 * @param {object} tile
 * @param {number} lod
 * @param {number[]} region left, top, right, bottom in texels.
 * @param {WebGLFramebuffer} target
 */

/** Width and height of a tile in texels of a GPU level. */
export function sizeAt(tile, lod) {
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
