/** Prints attention: panels of a head's keys and values, then for each tile of queries the scores and their product. */
import { LANES, TILE_ROWS } from '../../abi.js';
import {
  printAdd,
  printBySize,
  printLoop,
  printNextRows,
  printStart,
  printStore,
  tileFamily,
} from '../../printing/matrix-tile.js';
import type { PrintKernels } from '../../printing/text.js';
import { type Arithmetic, lines, range, SHIFT } from '../../printing/text.js';
import { decay } from '../pointwise/float32.js';

export const print: PrintKernels = (tileRows, arithmetic) => [
  { file: 'attention', text: printAttention(tileRows, arithmetic), exports: ['attention'] },
];

const LINE = LANES * 4;
/** Half a line: the lanes of half a panel. */
const HALF = LINE / 2;
/** The most products in one accumulator, in nearly equal blocks: 257 tokens have two, 577 have four. */
const MOST_TERMS = 160;
const PRODUCT = 'a, aBytes, b, terms, most, into, intoBytes, zeros';
const PRODUCT_TYPES = PRODUCT.replaceAll(/\w+/g, '$&: usize');

function printAttention(tileRows: number, arithmetic: Arithmetic): string {
  return `import { float, word } from '../../../printing/assembly/word';
import { addBias, addLine, biasesLieSide, cap, KEY, largestOf, packKeys, packQuery, packValues, QUERY, touchRows, writeRow } from './parts';
import { Attention } from './words';

${WIDTHS.map((width) => printProducts(width, tileRows, arithmetic)).join('\n')}

/** The length of blocks. */
function blockOf(terms: usize): usize {
  const blocks = max<usize>(1, (terms + ${MOST_TERMS - 1}) / ${MOST_TERMS});
  return (terms + blocks - 1) / blocks;
}

${printNextRows(tileRows)}

${printExponentials(arithmetic)}
${printKernel(tileRows)}`;
}

/** A whole panel, and half of one. */
type Width = 'product' | 'half';
const WIDTHS: readonly Width[] = ['product', 'half'];

function printProducts(width: Width, tileRows: number, arithmetic: Arithmetic): string {
  return `${tileFamily(tileRows)
    .map((rows) => printProduct(width, rows, arithmetic))
    .join('\n')}
function ${width}(rows: usize, ${PRODUCT_TYPES}): void {
  ${printBySize(tileRows, (rows) => `${width}${rows}(${PRODUCT});`)}
}`;
}

/** \`into = A·B\`, in blocks of at most so many terms. Rows of A are \`aBytes\` apart, rows of the result \`intoBytes\`. */
function printProduct(width: Width, rows: number, arithmetic: Arithmetic): string {
  const vectors = width === 'half' ? 2 : 4;
  return `function ${width}${rows}(${PRODUCT_TYPES}): void {
  ${lines(rows, (r) => `const to${r} = into + ${r} * intoBytes;`)}
  for (let left = terms; left > 0; ) {
    const block = min<usize>(left, most);
    ${lines(rows, (r) => `let a${r} = a + ${r} * aBytes;`)}
    ${printStart(rows, 'zeros', vectors)}
    const end = b + (block << 6);
    ${printLoop(rows, arithmetic, vectors)}
    if (left !== terms) {
      ${lines(rows, (r) => printAdd(r, `to${r}`, 0, vectors))}
    }
    ${lines(rows, (r) => printStore(r, `to${r}`, 0, vectors))}
    a += block << 2;
    left -= block;
  }
}
`;
}

/** Makes of scores their exponentials, eight or more at a time. The largest score is at \`limit\`. The result is their sum. */
function printExponentials(arithmetic: Arithmetic): string {
  return `function exponentials(numbersAt: usize, scores: usize, end: usize, limit: usize, zeros: usize, sums: usize): f32 {
  const numbers = numbersAt - ${SHIFT};
  const stop = end - ${SHIFT};
  let sum0 = v128.load(zeros, ${SHIFT});
  let sum1 = v128.load(zeros, ${SHIFT + 16});
  let at = scores - ${SHIFT};
  for (; at + ${32 * (EIGHTS - 1)} < stop; at += ${32 * EIGHTS}) {
    ${printDecays(arithmetic, EIGHTS)}
  }
  for (; at < stop; at += 32) {
    ${printDecays(arithmetic, 1)}
  }
  // V8 pairs what is stored in pairs.
  v128.store(sums, sum0, ${SHIFT});
  v128.store(sums, sum1, ${SHIFT + 16});
  const four = f32x4.add(v128.load(sums, ${SHIFT}), v128.load(sums, ${SHIFT + 16}));
  const two = f32x4.add(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1));
  return f32x4.extract_lane(two, 0) + f32x4.extract_lane(two, 1);
}
`;
}

/** Two eights share the numbers that they are computed with. With more there are too few registers. */
const EIGHTS = 2;

function printDecays(arithmetic: Arithmetic, eights: number): string {
  const { lines: computed, result } = decay(arithmetic, eights);
  const halves = range(2 * eights);
  return [
    'const largest = v128.load32_splat(limit);',
    ...halves.map((half) => `const x${half} = f32x4.sub(largest, v128.load(at, ${SHIFT + 16 * half}));`),
    ...computed,
    ...halves.map((half) => `sum${half % 2} = f32x4.add(sum${half % 2}, ${result(half)});`),
    ...halves.map((half) => `v128.store(at, ${result(half)}, ${SHIFT + 16 * half});`),
  ].join('\n    ');
}

function printKernel(tileRows: number): string {
  return `export function attention_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, scratch: usize): void {
  const queries = word(params, Attention.queries);
  const keysAt = word(params, Attention.keysAt);
  const keys = word(params, Attention.keys);
  const features = word(params, Attention.features);
  const queryStep = word(params, Attention.queryStep);
  const outputs = word(params, Attention.outputs);
  const outputStep = word(params, Attention.outputStep);
  const scale = float(params, Attention.scale);
  const softcap = <f64>float(params, Attention.softcap);
  const causal = word(params, Attention.causal) !== 0;
  const numbersAt = word(params, Attention.numbersAt);
  const biasOffset = word(params, Attention.biasOffset);
  const biasAt = word(params, Attention.biasAt);
  const biases = biasAt !== 0 ? biasAt : biasOffset !== 0 ? arena + biasOffset : 0;
  const liesSide = biases !== 0 && biasesLieSide(keysAt, keys);
  const allKeys = (keys + ${LANES - 1}) & ~${LANES - 1};
  const queryBytes = ((features + ${LANES - 1}) & ~${LANES - 1}) << 2;
  const scoreBytes = (allKeys << 2) + ${LINE};
  const scored = (keys + ${LANES / 2 - 1}) & ~${LANES / 2 - 1};
  const wholeKeys = (scored & ${LANES / 2}) !== 0 ? allKeys - ${LANES} : allKeys;
  const limits = scratch + ${LINE};
  const sums = limits + ${HALF} - ${SHIFT};
  const mask = limits + ${LINE} - ${SHIFT};
  const keysTo = limits + ${2 * LINE};
  const valuesTo = keysTo + allKeys * (features << 2);
  const query = valuesTo + ((outputs + ${LANES - 1}) & ~${LANES - 1}) * (keys << 2);
  const scores = query + ${TILE_ROWS} * queryBytes;
  const tile = scores + ${TILE_ROWS} * scoreBytes;
  const zeros = scratch - ${SHIFT};
  const ofFeatures = blockOf(features);
  const ofKeys = blockOf(keys);
  memory.fill(scratch, 0, ${3 * LINE});
  for (let at = keys & ${LANES / 2 - 1}; at !== 0 && at < ${LANES / 2}; at++) store<f32>(mask + ${SHIFT} + (at << 2), -Infinity);

  const lieInRows = queryStep === 4 && word(params, Attention.keyStep) === 4 && word(params, Attention.valueStep) === 4;
  let read: i32 = 0;
  for (let unit = from; unit < to; unit++) {
    const first = word(params, Attention.rowsAt) + <usize>unit * queries * QUERY;
    const keysFrom = arena + word(params, Attention.keysOffset) + load<i32>(first, 8);
    const valuesFrom = arena + word(params, Attention.valuesOffset) + load<i32>(first, 12);
    const queriesFrom = arena + word(params, Attention.queriesOffset);
    if (lieInRows) {
      read |= touchRows(keysFrom, keysAt, KEY, keys, features << 2);
      read |= touchRows(valuesFrom, keysAt + 4, KEY, keys, outputs << 2);
      read |= touchRows(queriesFrom, first + 4, QUERY, queries, features << 2);
    }
    packKeys(keysFrom, keysAt, keys, features, word(params, Attention.keyStep), keysTo);
    packValues(valuesFrom, keysAt, keys, outputs, word(params, Attention.valueStep), valuesTo);
    for (let done: usize = 0; done < queries; ) {
      const left = queries - done;
      const rows = nextRows(left);
      const real = min(rows, left);
      const places = first + done * QUERY;
      for (let r: usize = 0; r < rows; r++) {
        const at = queriesFrom + load<i32>(places + min(r, real - 1) * QUERY, 4);
        packQuery(at, features, queryStep, scale, query + r * queryBytes);
      }
      for (let key: usize = 0; key < wholeKeys; key += ${LANES}) {
        const panel = keysTo + key * (features << 2) - ${SHIFT};
        product(rows, query, queryBytes, panel, features, ofFeatures, scores + (key << 2) - ${SHIFT}, scoreBytes, zeros);
      }
      if (wholeKeys !== allKeys) {
        const panel = keysTo + wholeKeys * (features << 2) - ${SHIFT};
        half(rows, query, queryBytes, panel, features, ofFeatures, scores + (wholeKeys << 2) - ${SHIFT}, scoreBytes, zeros);
      }
      for (let r: usize = 0; r < real; r++) {
        const row = scores + r * scoreBytes;
        const rowEnd = row + (scored << 2);
        if (softcap > 0) cap(row, keys, softcap);
        if (biases !== 0) addBias(row, biases + load<i32>(places + r * QUERY, 16), keysAt, keys, liesSide);
        if (scored !== keys) addLine(rowEnd - ${HALF + SHIFT}, mask);
        if (causal) for (let key = done + r + 1; key < keys; key++) store<f32>(row + (key << 2), -Infinity);
        store<f32>(limits + (r << 2), largestOf(row, rowEnd, sums));
      }
      for (let r: usize = 0; r < real; r++) {
        const row = scores + r * scoreBytes;
        const sum = exponentials(numbersAt, row, row + (scored << 2), limits + (r << 2), zeros, sums);
        // Behind the scores there is room.
        store<f32>(row + (allKeys << 2), sum);
      }
      for (let output: usize = 0; output < outputs; output += ${LANES}) {
        const panel = valuesTo + output * (keys << 2) - ${SHIFT};
        const lanes = min<usize>(${LANES}, outputs - output);
        if (lanes > ${LANES / 2}) product(rows, scores, scoreBytes, panel, keys, ofKeys, tile - ${SHIFT}, ${LINE}, zeros);
        else half(rows, scores, scoreBytes, panel, keys, ofKeys, tile - ${SHIFT}, ${LINE}, zeros);
        const to = arena + word(params, Attention.outputOffset) + output * outputStep;
        for (let r: usize = 0; r < real; r++) {
          const sum = load<f32>(scores + r * scoreBytes + (allKeys << 2));
          writeRow(tile + r * ${LINE}, lanes, 1 / sum, to + load<i32>(places + r * QUERY), outputStep);
        }
      }
      done += real;
    }
  }
  store<i32>(scratch, read);
}
`;
}
