/** Writes float32 checkpoints as `torch.save` does: a zip with a pickle of the state dict and a file for each tensor. */
import { writeFileSync } from 'node:fs';
import { zipSync } from 'fflate';

const PROTOCOL = Buffer.from([0x80, 2]);
const MARK = Buffer.from('(');
const TUPLE = Buffer.from('t');
const REDUCE = Buffer.from('R');
const STOP = Buffer.from('.');

const text = (value: string) => {
  const bytes = Buffer.from(value);
  const head = Buffer.alloc(5, 'X');
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
};

const whole = (value: number) => {
  const bytes = Buffer.alloc(5, 'J');
  bytes.writeInt32LE(value, 1);
  return bytes;
};

const global = (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`);
const tuple = (items: readonly Buffer[]) => Buffer.concat([MARK, ...items, TUPLE]);
const call = (callable: Buffer, args: readonly Buffer[]) => Buffer.concat([callable, tuple(args), REDUCE]);

function tensor(shape: readonly number[], key: string, length: number): Buffer {
  const storage = [text('storage'), global('torch', 'FloatStorage'), text(key), text('cpu'), whole(length)];
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  return call(global('torch._utils', '_rebuild_tensor_v2'), [
    Buffer.concat([tuple(storage), Buffer.from('Q')]),
    whole(0),
    tuple(shape.map(whole)),
    tuple(strides.map(whole)),
    Buffer.from([0x89]),
    call(global('collections', 'OrderedDict'), []),
  ]);
}

export function writeTorchCheckpoint(
  path: string,
  tensors: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>,
): void {
  const entries = [...tensors].map(([name, { shape, data }], i) => ({ name, shape, data, key: String(i) }));
  const items = entries.flatMap(({ name, shape, data, key }) => [text(name), tensor(shape, key, data.length)]);
  const stateDict = call(global('collections', 'OrderedDict'), []);
  const pickle = Buffer.concat([PROTOCOL, stateDict, MARK, ...items, Buffer.from('u'), STOP]);
  const members: [string, Uint8Array][] = [
    ['model/data.pkl', pickle],
    ...entries.map(({ key, data }): [string, Uint8Array] => [
      `model/data/${key}`,
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    ]),
    ['model/version', Buffer.from('3\n')],
  ];
  writeFileSync(path, zipSync(Object.fromEntries(members), { level: 0 }));
}
