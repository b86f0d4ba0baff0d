/** Numbers as base64 of their little-endian bytes: shorter than decimals, and exact. */

export function base64(values: Float32Array | Float64Array): string {
  return Buffer.from(inLittleEndian(values)).toString('base64');
}

function inLittleEndian(values: Float32Array | Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  const size = values.BYTES_PER_ELEMENT;
  for (const [i, value] of values.entries()) {
    if (size === 4) view.setFloat32(4 * i, value, true);
    else view.setFloat64(8 * i, value, true);
  }
  return bytes;
}

/** @param size bytes of a number */
export function fromBase64(text: string, size: 4 | 8): Float64Array {
  const bytes = Buffer.from(text, 'base64');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.floor(bytes.byteLength / size);
  return Float64Array.from({ length: count }, (_, i) =>
    size === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true),
  );
}
