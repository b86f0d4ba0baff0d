/**
 * The inner loop of every matrix product: a tile of `rows` × 16 accumulators over `k`, `C += A·B` with B packed
 * `[k][16]`. V8's revectorizer makes one accumulator of 256 bits of each two that are stored beside each other; 6
 * rows then fill the registers of AVX2. Without it 2 rows fit, and 4 if a product needs a register before it is
 * added. All pointers except those to A lie `SHIFT` before their data. Every tile sums k in the same order. k is not
 * unrolled: V8 would hoist loads, and spill.
 */
import { type Arithmetic, lines, madd, range, SHIFT } from './text.js';

/** Vectors of 128 bits in a row of a tile. */
const VECTORS = 4;

/** The rows of a tile, and of the smaller tiles for the remaining rows. */
export function tileFamily(rows: number): readonly number[] {
  return rows === 6 ? [6, 5, 4] : rows === 4 ? [4, 3] : [rows];
}

/** The rows of the next tile if so many are left, as `tileSizes` cuts them, with tiles of a family. */
export function printNextRows(tileRows: number): string {
  const sizes: Readonly<Record<number, string>> = {
    6: 'left === 5 || left === 9 || left === 13 ? 5 : left === 6 || left > 9 ? 6 : 4',
    4: 'left === 4 || left === 7 || left === 8 || left > 9 ? 4 : 3',
    2: '2',
  };
  return `function nextRows(left: usize): usize {
  return ${sizes[tileRows]};
}`;
}

/** The call for a tile of `rows`, which is one of the family. */
export function printBySize(tileRows: number, call: (rows: number) => string): string {
  const [largest, ...smaller] = tileFamily(tileRows);
  return smaller.map((rows) => `if (rows === ${rows}) ${call(rows)} else `).join('') + call(largest!);
}

/** `c00 … c53`, from the 16 floats at `start`, or from fewer `vectors`. If there are more, they begin like the first ones. */
export function printStart(rows: number, start: string, vectors = VECTORS): string {
  return [
    ...range(vectors).map((q) => `let c0${q} = v128.load(${start}, ${SHIFT + 16 * (q % VECTORS)});`),
    ...range(rows - 1).flatMap((r) => range(vectors).map((q) => `let c${r + 1}${q} = c0${q};`)),
  ].join('\n');
}

/** Adds the rows at `a0 … a5` times B, from `b` to `end`. More than four `vectors` go on in a panel at `beside`. */
export function printLoop(rows: number, arithmetic: Arithmetic, vectors = VECTORS): string {
  return `do {
${range(vectors)
  .map((q) => `const b${q} = v128.load(${q < VECTORS ? 'b' : 'beside'}, ${SHIFT + 16 * (q % VECTORS)});`)
  .join('\n')}
${lines(
  rows,
  (r) => `const x${r} = v128.load32_splat(a${r});
${range(vectors)
  .map((q) => `c${r}${q} = ${madd(arithmetic, `x${r}`, `b${q}`, `c${r}${q}`)};`)
  .join('\n')}`,
)}
${lines(rows, (r) => `a${r} += 4;`)}
b += 64;
${vectors > VECTORS ? 'beside += 64;\n' : ''}} while (b !== end);`;
}

/** Stores row `r` at `offset` from an address. */
export function printStore(r: number, address: string, offset = 0, vectors = VECTORS): string {
  return range(vectors)
    .map((q) => `v128.store(${address}, c${r}${q}, ${SHIFT + offset + 16 * q});`)
    .join('\n');
}

/** Adds the floats at `offset` from an address to row `r`. All loads come before a store; otherwise V8 would not pair them. */
export function printAdd(r: number, address: string, offset = 0, vectors = VECTORS): string {
  return range(vectors)
    .map((q) => `c${r}${q} = f32x4.add(c${r}${q}, v128.load(${address}, ${SHIFT + offset + 16 * q}));`)
    .join('\n');
}

/** Adds the 16 floats at an address to all rows. */
export function printBias(rows: number, address: string, vectors = VECTORS): string {
  return [
    ...range(vectors).map((q) => `const bias${q} = v128.load(${address}, ${SHIFT + 16 * q});`),
    ...range(rows).flatMap((r) => range(vectors).map((q) => `c${r}${q} = f32x4.add(c${r}${q}, bias${q});`)),
  ].join('\n');
}

/** `low0, low1, high0, high1`: each twice from memory, since V8 does not pair a value with itself. */
export function printLoadClamp(): string {
  return ['low0', 'low1', 'high0', 'high1']
    .map((name, i) => `const ${name} = v128.load(clamp, ${SHIFT + 16 * i});`)
    .join('\n');
}

export const clamped = (value: string, quarter: number): string =>
  `f32x4.pmin(f32x4.pmax(${value}, low${quarter % 2}), high${quarter % 2})`;

export function printClamp(r: number, vectors = VECTORS): string {
  return range(vectors)
    .map((q) => `c${r}${q} = ${clamped(`c${r}${q}`, q)};`)
    .join('\n');
}
