/**
 * Draws what is made of relit pictures: the look that look.js describes, slopes and heights. Lights are summed and balanced
 * in linear light. What is to be sharpened has 16 bits until then.
 */

import { aim, makeProgram, makeTarget, makeTexture } from './gl-parts.js';
import { sizeAt } from './gl-renderer.js';
import { BLUR, KINDS, SHARPEN, mixShader } from './look-shaders.js';
import { COVER_VERTEX } from './shaders.js';

const SAMPLERS = { one: 4, two: 5, mixed: 6, blurred: 7, heights: 8 }; // by the name of the sampler
const REACH = 3; // standard deviations that a blur looks far
const MOST_REACH = 60; // texels: of the largest radius

/** Makes pictures of relit tiles. */
export class Looks {
  #gl;
  #renderer;
  #size;
  #pad;
  #object;
  #one;
  #two = null;
  #plain;
  #deep = null; // what sharpening needs
  #heights = null;
  #look;
  #kind = KINDS.look;

  /**
   * @param {WebGL2RenderingContext} gl
   * @param {import('./gl-renderer.js').GlRenderer} renderer
   * @param {number[]} tileSize of the largest tile.
   * @param {import('./object.js').RtiObject} object
   */
  constructor(gl, renderer, tileSize, object) {
    this.#gl = gl;
    this.#renderer = renderer;
    this.#size = tileSize;
    this.#pad = object.tiles ? MOST_REACH : 0; // a picture of one tile ends where the tile does
    this.#object = object;
    this.#one = this.#target('one', gl.RGBA8, tileSize);
    this.#plain = this.#program(mixShader(false));
  }

  /**
   * What is made from now on.
   * @param {string} mode
   * @param {object} look the settings of look.js.
   */
  show(mode, look) {
    const gl = this.#gl;
    this.#look = look;
    this.#kind = KINDS[mode] ?? KINDS.look;
    if (look.light2) this.#two ??= this.#target('two', gl.RGBA8, this.#size);
    if (look.sharpen) this.#deep ??= this.#makeDeep();
  }

  /** @param {import('./heights.js').Heights} heights of the object. */
  set heights(heights) {
    const gl = this.#gl;
    this.#heights = heights;
    makeTexture(gl, gl.TEXTURE_2D, SAMPLERS.heights, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16F, heights.width, heights.height, 0, gl.RED, gl.FLOAT, heights.shares);
  }

  /** How many texels around a region of a level it takes to draw it. */
  reach(level) {
    return this.#sharpens ? Math.ceil((REACH * this.#look.radius) / 2 ** level) : 0;
  }

  /**
   * The picture of some texels of a tile, into a framebuffer of the size of the largest tile.
   * @param {object} tile
   * @param {number} lod
   * @param {number[]} region left, top, right, bottom in texels.
   * @param {WebGLFramebuffer} framebuffer
   * @param {object[]} around the tiles that are in reach, itself among them.
   */
  develop(tile, lod, region, framebuffer, around) {
    if (this.#sharpens) this.#sharpen(tile, lod, region, framebuffer, around);
    else this.#mix(this.#plain, tile, lod, region, { framebuffer, size: this.#size, offset: [0, 0] });
  }

  get #sharpens() {
    return this.#kind === KINDS.look && this.#look.sharpen > 0;
  }

  #sharpen(tile, lod, [left, top, right, bottom], framebuffer, around) {
    const gl = this.#gl;
    const { size, mixed, blurred, mix, blur, sharpen } = this.#deep;
    const reach = this.reach(tile.level + lod);
    const wide = [left - reach, top - reach, right + reach, bottom + reach];
    const filled = this.#padded(wide);
    aim(gl, mixed, filled);
    gl.clearBufferuiv(gl.COLOR, 0, [0, 0, 0, 0]);
    for (const other of around) {
      const from = [0, 1].map((axis) => (other.area[axis] - tile.area[axis]) / 2 ** tile.level);
      const part = within(wide.map((edge, i) => edge - from[i % 2]), sizeAt(other, lod));
      const offset = from.map((length) => length + this.#pad);
      if (part[0] < part[2] && part[1] < part[3]) this.#mix(mix, other, lod, part, { framebuffer: mixed, size, offset });
    }
    const pass = ({ program, at }, target, area, targetSize) => {
      gl.viewport(0, 0, ...targetSize);
      aim(gl, target, area);
      gl.useProgram(program);
      gl.uniform4i(at('within'), ...filled);
      gl.uniform1i(at('reach'), reach);
      gl.uniform1f(at('sigma'), this.#look.radius / 2 ** (tile.level + lod));
      gl.uniform1i(at('pad'), this.#pad);
      gl.uniform1f(at('amount'), this.#look.sharpen);
      gl.uniform1f(at('contrast'), this.#look.contrast);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    };
    pass(blur, blurred, this.#padded([left, top - reach, right, bottom + reach]), size);
    pass(sharpen, framebuffer, [left, top, right, bottom], this.#size);
  }

  /** A region of a tile, as far as the padded pictures have it. */
  #padded(region) {
    return within(region.map((edge) => edge + this.#pad), this.#deep.size);
  }

  /** Relights some texels of a tile under each light, and puts what is made of them into a framebuffer. */
  #mix({ program, at }, tile, lod, region, { framebuffer, size, offset }) {
    const gl = this.#gl;
    const { exposure, contrast, white, light2, strength2 } = this.#look;
    const kind = tile.normals ? this.#kind : KINDS.look;
    this.#renderer.relight(tile, lod, region, this.#one, 0);
    if (light2 && !kind) this.#renderer.relight(tile, lod, region, this.#two, 0, 1);
    gl.viewport(0, 0, ...size);
    aim(gl, framebuffer, region.map((edge, i) => edge + offset[i % 2]));
    gl.useProgram(program);
    gl.uniform1i(at('kind'), kind);
    gl.uniform2i(at('offset'), ...offset);
    gl.uniform3f(at('gains'), ...white.map((gain) => gain * 2 ** exposure));
    gl.uniform1f(at('strength'), light2 ? strength2 : 0);
    gl.uniform1f(at('contrast'), contrast);
    gl.uniform4f(at('place'), ...this.#place(tile, lod));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** Where the texels of a tile lie in the whole picture: size of one and corner of all, in shares of it. */
  #place(tile, lod) {
    const { width, height } = this.#object;
    const [columns, rows] = sizeAt(tile, lod);
    const [left, top, right, bottom] = tile.area;
    return [(right - left) / columns / width, (bottom - top) / rows / height, left / width, top / height];
  }

  #makeDeep() {
    const gl = this.#gl;
    const size = this.#size.map((length) => length + 2 * this.#pad);
    return {
      size,
      mixed: this.#target('mixed', gl.RGBA16UI, size),
      blurred: this.#target('blurred', gl.RG16UI, size),
      mix: this.#program(mixShader(true)),
      blur: this.#program(BLUR),
      sharpen: this.#program(SHARPEN),
    };
  }

  #target(name, format, size) {
    return makeTarget(this.#gl, SAMPLERS[name], format, size);
  }

  #program(fragment) {
    const gl = this.#gl;
    const made = makeProgram(gl, COVER_VERTEX, fragment);
    gl.useProgram(made.program);
    for (const [name, unit] of Object.entries(SAMPLERS)) gl.uniform1i(made.at(name), unit);
    return made;
  }
}

/** A region, as far as a picture of this size has it. */
function within(region, size) {
  return region.map((edge, i) => Math.min(Math.max(edge, 0), size[i % 2]));
}
