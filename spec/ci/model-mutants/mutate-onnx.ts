/** Damages an ONNX file that stays readable: a field of a node, attribute or tensor is changed, left out or doubled. */
import type { Random } from '../../../base/index.js';
import { ProtobufReader } from '../../../graph/onnx/index.js';

interface Field {
  number: number;
  wire: number;
  value: bigint | Buffer;
}

type Kind = 'model' | 'graph' | 'node' | 'attribute' | 'tensor' | 'value' | 'type' | 'tensorType' | 'shape' | 'size';

/** Fields of onnx.proto that are messages. */
const INNER: Readonly<Partial<Record<Kind, Readonly<Record<number, Kind>>>>> = {
  model: { 7: 'graph' },
  graph: { 1: 'node', 5: 'tensor', 11: 'value', 12: 'value' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph' },
  value: { 2: 'type' },
  type: { 1: 'tensorType' },
  tensorType: { 2: 'shape' },
  shape: { 1: 'size' },
};
const INTEGERS = [0n, 1n, 2n, 3n, 7n, 64n, 2n ** 31n, 2n ** 63n - 1n, 2n ** 64n - 1n, 2n ** 64n - 2n];
const FLOATS = [0, 1, -1, 0.5, 1e-5, 1e30, Number.NaN, Number.POSITIVE_INFINITY];
const OPERATORS = ['Add', 'Mul', 'Sub', 'Relu', 'Sigmoid', 'Conv', 'MatMul', 'Softmax', 'Reshape', 'Transpose', 'Loop'];

export function mutateOnnx(file: Uint8Array, random: Random): { bytes: Uint8Array; told: string } {
  const names = valueNames(file);
  return edited(Buffer.from(file), 'model', names, random);
}

function edited(bytes: Buffer, kind: Kind, names: readonly string[], random: Random): { bytes: Buffer; told: string } {
  const fields = parsed(bytes);
  const messages = fields.filter(({ number }) => INNER[kind]?.[number] !== undefined);
  if (messages.length > 0 && random.below(8) > 0) {
    const field = messages[random.below(messages.length)]!;
    const inner = INNER[kind]![field.number]!;
    const { bytes: value, told } = edited(field.value as Buffer, inner, names, random);
    const of = kind === 'graph' ? `${messages.indexOf(field)}` : '';
    return {
      bytes: written(fields.map((each) => (each === field ? { ...field, value } : each))),
      told: `${inner}${of}.${told}`,
    };
  }
  if (fields.length === 0) return { bytes, told: 'nothing' };
  const at = random.below(fields.length);
  const field = fields[at]!;
  const way = random.below(6);
  const where = `${kind} ${field.number}`;
  if (way === 0) return { bytes: written(fields.toSpliced(at, 1)), told: `${where} left out` };
  if (way === 1)
    return { bytes: written(fields.toSpliced(random.below(fields.length), 0, field)), told: `${where} twice` };
  if (way === 2) {
    const other = random.below(fields.length);
    const swapped = fields.with(at, fields[other]!).with(other, field);
    return { bytes: written(swapped), told: `${where} and ${fields[other]!.number} swapped` };
  }
  const value = changed(field, kind, names, random);
  return { bytes: written(fields.with(at, { ...field, value })), told: `${where} = ${String(value).slice(0, 60)}` };
}

function changed(
  { number, wire, value }: Field,
  kind: Kind,
  names: readonly string[],
  random: Random,
): bigint | Buffer {
  if (typeof value === 'bigint') return INTEGERS[random.below(INTEGERS.length)]!;
  if (kind === 'node' && number <= 2) return Buffer.from(names[random.below(names.length)]!);
  if (kind === 'node' && number === 4) return Buffer.from(OPERATORS[random.below(OPERATORS.length)]!);
  if (wire === 5 && random.below(2) === 0) {
    const float = Buffer.alloc(4);
    float.writeFloatLE(FLOATS[random.below(FLOATS.length)]!);
    return float;
  }
  if (value.length === 0) return Buffer.from('x');
  const copy = Buffer.from(value);
  const at = random.below(copy.length);
  copy[at] = random.below(2) === 0 ? random.below(256) : copy[at]! ^ (1 << random.below(8));
  return copy;
}

/** The names of the values of the main graph's nodes. */
function valueNames(file: Uint8Array): string[] {
  const graph = parsed(Buffer.from(file)).find(({ number }) => number === 7)!;
  const nodes = parsed(graph.value as Buffer).filter(({ number }) => number === 1);
  const fields = nodes.flatMap(({ value }) => parsed(value as Buffer)).filter(({ number }) => number <= 2);
  return [...new Set(fields.map(({ value }) => value.toString()))];
}

function parsed(bytes: Buffer): Field[] {
  const reader = new ProtobufReader(bytes, (what) => new Error(what));
  return Array.from(reader.fields(), ({ number, wireType: wire, from, end }) => {
    const value = bytes.subarray(from, end);
    if (wire !== 0) return { number, wire, value };
    return { number, wire, value: value.reduceRight((all, byte) => (all << 7n) | BigInt(byte & 0x7f), 0n) };
  });
}

function written(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(({ number, wire, value }) => {
      const tag = varintOf(BigInt((number << 3) | wire));
      if (typeof value === 'bigint') return [tag, varintOf(value)];
      return wire === 2 ? [tag, varintOf(BigInt(value.length)), value] : [tag, value];
    }),
  );
}

function varintOf(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}
