/** Reads simple npz files, for specs of rooms that may not import `data/`: stored members, float32, C order. */
import { readFileSync } from 'node:fs';

/** The float32 array `name` of an npz of stored members, `[rows, columns]`. */
export function readNpzMatrix(path: string, name: string): { rows: number; columns: number; data: Float32Array } {
  const bytes = readFileSync(path);
  const member = `${name}.npy`;
  for (let at = 0; at < bytes.length && bytes.readUInt32LE(at) === 0x04034b50; ) {
    const nameLength = bytes.readUInt16LE(at + 26);
    const extraLength = bytes.readUInt16LE(at + 28);
    const dataStart = at + 30 + nameLength + extraLength;
    if (bytes.toString('latin1', at + 30, at + 30 + nameLength) === member) return readNpy(bytes.subarray(dataStart));
    at = dataStart + storedSize(bytes, at, nameLength);
  }
  throw new Error(`${path}: no member ${member}`);
}

/** NumPy writes its members with a zip64 extra field: uncompressed size, then compressed size. */
function storedSize(bytes: Buffer, at: number, nameLength: number): number {
  const size = bytes.readUInt32LE(at + 18);
  return size === 0xffffffff ? Number(bytes.readBigUInt64LE(at + 30 + nameLength + 12)) : size;
}

function readNpy(npy: Buffer): { rows: number; columns: number; data: Float32Array } {
  const headerLength = npy.readUInt16LE(8);
  const header = npy.toString('latin1', 10, 10 + headerLength);
  const shape = /'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\)/.exec(header);
  if (shape === null) throw new Error(`not a two-dimensional float32 array: ${header}`);
  const [rows, columns] = [Number(shape[1]), Number(shape[2])];
  const data = new Float32Array(rows * columns);
  Buffer.from(data.buffer).set(npy.subarray(10 + headerLength, 10 + headerLength + data.byteLength));
  return { rows, columns, data };
}
