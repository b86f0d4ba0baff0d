/** Writes safetensors files of float32 and int64, for specs that need a model too large for a fixture. */
import { writeFileSync } from 'node:fs';

export interface FileTensor {
  shape: readonly number[];
  data: Float32Array | BigInt64Array;
}

export function writeSafetensors(path: string, tensors: ReadonlyMap<string, FileTensor>): void {
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = {
      dtype: data instanceof Float32Array ? 'F32' : 'I64',
      shape,
      data_offsets: [offset, offset + data.byteLength],
    };
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, Buffer.concat([length, json, ...parts]));
}
