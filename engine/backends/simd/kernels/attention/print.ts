/**
 * Prints attention, a head of an image at a time. Its keys and values are packed as panels once. Then, for each tile of
 * queries, there are two products with these panels: the scores, and what their exponentials make of the values. So no
 * more scores are in memory than those of a tile.
 */
import { BLOCK_TERMS, LANES, TILE_ROWS } from '../../abi/layout.js';
import {
  printAdd,
  printBySize,
  printLoop,
  printNextRows,
  printStart,
  printStore,
  tileFamily,
} from '../../printing/matrix-tile.js';
import { type Arithmetic, lines, SHIFT } from '../../printing/text.js';
import { decay } from '../formulas/formulas.js';
import type { PrintKernels } from '../kernel.js';

export const print: PrintKernels = (tileRows, arithmetic) => [
  { file: 'attention', text: printAttention(tileRows, arithmetic), exports: ['attention'] },
];

const LINE = LANES * 4;
const PRODUCT = 'a, aBytes, b, terms, into, intoBytes, zeros';
const PRODUCT_TYPES = PRODUCT.replaceAll(/\w+/g, '$&: usize');

function printAttention(tileRows: number, arithmetic: Arithmetic): string {
  return `import { float, word } from '../../../printing/assembly/word';
import { addBias, biasesLieSide, cap, largestOf, packKeys, packQuery, packValues, writeRow } from './parts';
import { Attention } from './words';

${tileFamily(tileRows)
  .map((rows) => printProduct(rows, arithmetic))
  .join('\n')}
function product(rows: usize, ${PRODUCT_TYPES}): void {
  ${printBySize(tileRows, (rows) => `product${rows}(${PRODUCT});`)}
}

${printNextRows(tileRows)}

${printExponentials(arithmetic)}
${printKernel(tileRows)}`;
}

/** \`into = A·B\`, in blocks of terms. Rows of A are \`aBytes\` apart, rows of the result \`intoBytes\`. */
function printProduct(rows: number, arithmetic: Arithmetic): string {
  return `function product${rows}(${PRODUCT_TYPES}): void {
  ${lines(rows, (r) => `const to${r} = into + ${r} * intoBytes;`)}
  for (let left = terms; left > 0; ) {
    const block = min<usize>(left, ${BLOCK_TERMS});
    ${lines(rows, (r) => `let a${r} = a + ${r} * aBytes;`)}
    ${printStart(rows, 'zeros')}
    const end = b + (block << 6);
    ${printLoop(rows, arithmetic)}
    if (left !== terms) {
      ${lines(rows, (r) => printAdd(r, `to${r}`))}
    }
    ${lines(rows, (r) => printStore(r, `to${r}`))}
    a += block << 2;
    left -= block;
  }
}
`;
}

/** Makes of scores their exponentials. \`limit\` has the largest score eight times. The result is their sum. */
function printExponentials(arithmetic: Arithmetic): string {
  const { lines: computed, result } = decay(arithmetic);
  return `function exponentials(numbersAt: usize, scores: usize, end: usize, limit: usize, zeros: usize): f32 {
  const numbers = numbersAt - ${SHIFT};
  const stop = end - ${SHIFT};
  let sum0 = v128.load(zeros, ${SHIFT});
  let sum1 = v128.load(zeros, ${SHIFT + 16});
  for (let at = scores - ${SHIFT}; at < stop; at += 32) {
    const x0 = f32x4.sub(v128.load(limit, ${SHIFT}), v128.load(at, ${SHIFT}));
    const x1 = f32x4.sub(v128.load(limit, ${SHIFT + 16}), v128.load(at, ${SHIFT + 16}));
    ${computed.join('\n    ')}
    sum0 = f32x4.add(sum0, ${result(0)});
    sum1 = f32x4.add(sum1, ${result(1)});
    v128.store(at, ${result(0)}, ${SHIFT});
    v128.store(at, ${result(1)}, ${SHIFT + 16});
  }
  const four = f32x4.add(sum0, sum1);
  const two = f32x4.add(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1));
  return f32x4.extract_lane(two, 0) + f32x4.extract_lane(two, 1);
}
`;
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
  const limitAt = scratch + ${LINE};
  const keysTo = limitAt + ${LINE};
  const valuesTo = keysTo + allKeys * (features << 2);
  const query = valuesTo + ((outputs + ${LANES - 1}) & ~${LANES - 1}) * (keys << 2);
  const scores = query + ${TILE_ROWS} * queryBytes;
  const tile = scores + ${TILE_ROWS} * scoreBytes;
  const zeros = scratch - ${SHIFT};
  const limit = limitAt - ${SHIFT};
  memory.fill(scratch, 0, ${LINE});

  for (let unit = from; unit < to; unit++) {
    const first = word(params, Attention.rowsAt) + <usize>unit * queries * 20;
    const keysFrom = arena + word(params, Attention.keysOffset) + load<i32>(first, 8);
    const valuesFrom = arena + word(params, Attention.valuesOffset) + load<i32>(first, 12);
    packKeys(keysFrom, keysAt, keys, features, word(params, Attention.keyStep), keysTo);
    packValues(valuesFrom, keysAt, keys, outputs, word(params, Attention.valueStep), valuesTo);
    for (let done: usize = 0; done < queries; ) {
      const left = queries - done;
      const rows = nextRows(left);
      const real = min(rows, left);
      const places = first + done * 20;
      for (let r: usize = 0; r < rows; r++) {
        const at = arena + word(params, Attention.queriesOffset) + load<i32>(places + min(r, real - 1) * 20, 4);
        packQuery(at, features, queryStep, scale, query + r * queryBytes);
      }
      for (let key: usize = 0; key < allKeys; key += ${LANES}) {
        const panel = keysTo + key * (features << 2) - ${SHIFT};
        product(rows, query, queryBytes, panel, features, scores + (key << 2) - ${SHIFT}, scoreBytes, zeros);
      }
      for (let r: usize = 0; r < real; r++) {
        const row = scores + r * scoreBytes;
        if (softcap > 0) cap(row, keys, softcap);
        if (biases !== 0) addBias(row, biases + load<i32>(places + r * 20, 16), keysAt, keys, liesSide);
        const seen = causal ? min(done + r + 1, keys) : keys;
        const rowEnd = row + (allKeys << 2);
        for (let at = row + (seen << 2); at < rowEnd; at += 4) store<f32>(at, -Infinity);
        const largest = f32x4.splat(largestOf(row, rowEnd));
        v128.store(limitAt, largest);
        v128.store(limitAt, largest, 16);
        // Behind the scores there is room.
        store<f32>(rowEnd, exponentials(numbersAt, row, rowEnd, limit, zeros));
      }
      for (let output: usize = 0; output < outputs; output += ${LANES}) {
        const panel = valuesTo + output * (keys << 2) - ${SHIFT};
        product(rows, scores, scoreBytes, panel, keys, tile - ${SHIFT}, ${LINE}, zeros);
        const lanes = min<usize>(${LANES}, outputs - output);
        const to = arena + word(params, Attention.outputOffset) + output * outputStep;
        for (let r: usize = 0; r < real; r++) {
          const sum = load<f32>(scores + r * scoreBytes + (allKeys << 2));
          writeRow(tile + r * ${LINE}, lanes, 1 / sum, to + load<i32>(places + r * 20), outputStep);
        }
      }
      done += real;
    }
  }
}
`;
}
