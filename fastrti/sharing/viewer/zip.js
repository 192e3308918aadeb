/** ZIP archives of files that are stored as they are. */

import { ObjectError } from './fields.js';

const ZIP_FILES = 0xffff;
const ZIP_BYTES = 0xffffffff;
const ZIP_VERSION = 20;
const UNICODE_NAMES = 0x800;
const FIRST_DAY = 0x21; // 1980-01-01: the archive does not tell when it was made
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

/** The checksum of ZIP and PNG. */
export function crc32(bytes) {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

/**
 * An archive of files.
 * @param {[string, Blob][]} files names and contents.
 * @returns {Promise<Blob>}
 */
export async function zipped(files) {
  const [parts, entries] = [[], []];
  let at = 0;
  for (const [name, blob] of files) {
    const crc = crc32(new Uint8Array(await blob.arrayBuffer()));
    const encoded = new TextEncoder().encode(name);
    const described = [ZIP_VERSION, UNICODE_NAMES, 0, 0, FIRST_DAY].map((value) => [2, value]);
    described.push([4, crc], [4, blob.size], [4, blob.size], [2, encoded.length], [2, 0]);
    const local = littleEndian([4, 0x04034b50], ...described);
    const place = [[2, 0], [2, 0], [2, 0], [4, 0], [4, at]];
    entries.push(littleEndian([4, 0x02014b50], [2, ZIP_VERSION], ...described, ...place), encoded);
    parts.push(local, encoded, blob);
    at += local.length + encoded.length + blob.size;
  }
  const size = entries.reduce((sum, { length }) => sum + length, 0);
  if (files.length > ZIP_FILES || at + size > ZIP_BYTES) {
    throw new ObjectError('These pictures are too many for one ZIP.');
  }
  const counts = [files.length, files.length].map((count) => [2, count]);
  const end = littleEndian([4, 0x06054b50], [2, 0], [2, 0], ...counts, [4, size], [4, at], [2, 0]);
  return new Blob([...parts, ...entries, end], { type: 'application/zip' });
}

/** Unsigned numbers of 2 or 4 bytes, little-endian. */
function littleEndian(...fields) {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return bytes;
}
