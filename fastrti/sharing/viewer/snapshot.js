/** Pictures to keep: a PNG that says in its texts what it shows and whose it is, or a ZIP of several. */

import { download } from './controls.js';
import { ObjectError } from './fields.js';
import { withLight } from './state.js';
import { crc32, zipped } from './zip.js';

const HEADER_END = 8 + 25; // of a PNG: its signature and its first chunk
const MOST_LETTERS = 100; // of a name

/**
 * Saves the picture under the present light, or one under each of several lights.
 * @param {HTMLElement} viewer
 * @param {import('./page-link.js').PageLink|null} link knows the address of what is seen.
 * @param {number[][]|undefined} lights unit vectors.
 */
export async function saveSnapshot(viewer, link, lights) {
  const name = (viewer.object.title || 'rti').replace(/[/\\:*?"<>|\p{Cc}]/gu, '_').slice(0, MOST_LETTERS);
  if (!lights) return download(await snapshotOf(viewer, link, viewer.light), `${name}.png`);
  if (!lights.length) throw new ObjectError('expected lights for the pictures, got an empty list');
  const files = [];
  for (const [i, light] of lights.entries()) {
    const number = String(i + 1).padStart(String(lights.length).length, '0');
    files.push([`${name}_${number}.png`, await snapshotOf(viewer, link, light)]);
  }
  download(await zipped(files), `${name}.zip`);
}

async function snapshotOf(viewer, link, light) {
  const { title, creator, rights } = viewer.object;
  const state = withLight(viewer.state, light);
  const canvas = await viewer.picture(light);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new ObjectError(`This browser cannot make a PNG of ${canvas.width}×${canvas.height} pixels.`);
  const texts = {
    ...{ Title: title, Author: creator, Copyright: rights, Software: 'fastrti' },
    ...{ State: state, Source: isPublic() && link?.addressOf(state) },
  };
  const chunks = Object.entries(texts).filter(([, text]) => text).map((entry) => textChunk(...entry));
  return new Blob([blob.slice(0, HEADER_END), ...chunks, blob.slice(HEADER_END)], { type: 'image/png' });
}

/** Whether the address of the page says nothing of this machine's disk. */
function isPublic() {
  return location.protocol.startsWith('http');
}

/** An iTXt chunk: a text of any language under a keyword. */
function textChunk(keyword, text) {
  const content = new TextEncoder().encode(`iTXt${keyword}\0\0\0\0\0${text}`);
  const chunk = new Uint8Array(content.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, content.length - 4);
  chunk.set(content, 4);
  view.setUint32(content.length + 4, crc32(content));
  return chunk;
}
