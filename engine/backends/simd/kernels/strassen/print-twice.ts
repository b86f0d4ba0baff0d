/**
 * Prints `strassenTwice_6x16` and the kernels for other tiles: seven products of seven. They use what `print.ts` prints for
 * tiles, `assembly/sums.ts` for everything but the products, and `factors.ts` for the order of both levels.
 */
import { TILE_BYTES } from '../../abi/layout.js';
import { printBySize, printLoop, printStore, tileFamily } from '../../printing/matrix-tile.js';
import { type Arithmetic, lines, PIECE_BYTES, range, SHIFT } from '../../printing/text.js';
import { FACTORS, STORED_BLOCKS, SUMS } from './factors.js';
import { PAIR_BYTES, TWICE_TILES } from './words.js';

/** A block of the output is four tiles: by the two positions, then by the two quarters of the channels. */
const BLOCK_TILES = 4;
const tile = (number: number): string => `${TILE_BYTES} * ${number}`;
/** The tiles for the product under way, by tiles of rows: zeros, two sums, a block. Those that a panel keeps: two blocks. */
const [X, Y, BLOCK] = [1, 2, 3];
const [KEPT_X, KEPT_Y] = [0, BLOCK_TILES];
const STEP = TWICE_TILES * TILE_BYTES;

const typed = (names: string): string => names.replaceAll(/\w+/g, '$&: usize');
const WHOLE = 'offsets, input, weights, pieces, piecesEnd, start, to';
const LEFT = 'first, second, input, pieces';
const SHARED = 'sumOffsets, sums, sumPieces, piecesBytes, quarterBytes, plane, made, factorBytes, tiles';

/** `to = start + A·B`, on tiles, in one sum: at two levels, the sums are short. */
function printWholeProduct(rows: number, arithmetic: Arithmetic): string {
  return `function whole${rows}(${typed(WHOLE)}): void {
${lines(rows, (r) =>
  range(4)
    .map((q) => `let c${r}${q} = v128.load(start, ${SHIFT + 64 * r + 16 * q});`)
    .join('\n'),
)}
for (; pieces < piecesEnd; pieces += ${PIECE_BYTES}) {
  const from = input + load<i32>(pieces);
  let b = weights + load<i32>(pieces, 4);
  const end = b + load<i32>(pieces, 8);
  ${lines(rows, (r) => `let a${r} = from + load<i32>(offsets, ${PAIR_BYTES * r});`)}
  ${printLoop(rows, arithmetic)}
}
${lines(rows, (r) => printStore(r, 'to', 64 * r))}
}
`;
}

/**
 * Products at two levels. The outer factors come one after the other, so that their inner sums stay in an L2 cache. For each,
 * the loop over the panels comes next, and that over the tiles of rows is the innermost: all of them share the inner
 * factors of a panel, which lie in a cache. What later factors add to is kept for each panel.
 */
export function printTwice(tileRows: number, arithmetic: Arithmetic): string {
  const least = Math.min(...tileFamily(tileRows));
  return `
${tileFamily(tileRows)
  .map((rows) => printWholeProduct(rows, arithmetic))
  .join('\n')}
function whole(rows: usize, ${typed(WHOLE)}): void {
  ${printBySize(tileRows, (rows) => `whole${rows}(${WHOLE});`)}
}

/** \`to = start + A·B\` for each tile of rows. \`start\` and \`to\` are the first of their tiles. */
function products(count: usize, offsets: usize, input: usize, weights: usize, pieces: usize, piecesBytes: usize, start: usize, to: usize): void {
  for (let row: usize = 0; row < count; ) {
    const n = nextRows(count - row);
    whole(n, offsets + row * ${PAIR_BYTES}, input, weights, pieces, pieces + piecesBytes, start, to);
    start += ${STEP};
    to += ${STEP};
    row += n;
  }
}

/** The seven products of one outer factor and one panel, as at one level. */
function seven(count: usize, ${typed(LEFT)}, blocks: usize, ${typed(SHARED)}, to: usize): void {
  makeFactors(blocks + ${SHIFT}, 1, factorBytes, made);
  const b21 = blocks + factorBytes;
  const b22 = b21 + 2 * factorBytes;
  const t2 = made - ${SHIFT};
  const t3 = t2 + factorBytes;
  const minusT4 = t3 + factorBytes;
  const t1 = minusT4 + factorBytes;
  const x = tiles + ${tile(X)};
  const y = tiles + ${tile(Y)};
  const to12 = to + ${TILE_BYTES};
  const to21 = to12 + ${TILE_BYTES};
  const to22 = to21 + ${TILE_BYTES};
  products(count, first, input, blocks, pieces, piecesBytes, tiles, x);
  products(count, first, input + quarterBytes, b21, pieces, piecesBytes, x, to);
  products(count, sumOffsets, sums + plane, t2, sumPieces, piecesBytes, x, x);
  products(count, sumOffsets, sums + 2 * plane, t3, sumPieces, piecesBytes, x, y);
  products(count, second, input + quarterBytes, minusT4, pieces, piecesBytes, y, to21);
  products(count, sumOffsets, sums, t1, sumPieces, piecesBytes, tiles, to22);
  addTiles(count, x, to22, 1);
  addTiles(count, to22, y, 1);
  products(count, sumOffsets, sums + 3 * plane, b22, sumPieces, piecesBytes, x, to12);
}

/** \`x += z\`, so many tiles of each tile of rows. */
function addTiles(count: usize, x: usize, z: usize, tiles: usize): void {
  for (let row: usize = 0; row < count; ) {
    for (let tile: usize = 0; tile < tiles * ${TILE_BYTES}; tile += ${TILE_BYTES}) addTile(x + tile, z + tile);
    x += ${STEP};
    z += ${STEP};
    row += nextRows(count - row);
  }
}

/** Writes the sum of two blocks to the outputs of the pairs in a table. */
function storeBlock(count: usize, x: usize, z: usize, table: usize, output: usize, residual: usize, bias: usize, clamp: usize, across: usize): void {
  const later: usize = residual === 0 ? 0 : residual + across;
  for (let row: usize = 0; row < count; ) {
    const n = nextRows(count - row);
    const at = table + row * ${PAIR_BYTES} + 4;
    storeSum(n, x, z, at, output, residual, bias, clamp);
    storeSum(n, x + ${tile(1)}, z + ${tile(1)}, at, output + across, later, bias + across, clamp);
    storeSum(n, x + ${tile(2)}, z + ${tile(2)}, at + 8, output, residual, bias, clamp);
    storeSum(n, x + ${tile(3)}, z + ${tile(3)}, at + 8, output + across, later, bias + across, clamp);
    x += ${STEP};
    z += ${STEP};
    row += n;
  }
}

export function strassenTwice_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, scratch: usize): void {
  const input = arena + word(params, StrassenTwice.inputOffset);
  const outputs = arena + word(params, StrassenTwice.outputOffset) - ${SHIFT};
  const residuals = optional(arena, word(params, StrassenTwice.residualOffset));
  const clamp = word(params, StrassenTwice.clampAt) - ${SHIFT};
  const rows = word(params, StrassenTwice.rows);
  const rowsPerUnit = word(params, StrassenTwice.rowsPerUnit);
  const panels = word(params, StrassenTwice.panels);
  const taps = word(params, StrassenTwice.tapsAt);
  const outerTaps = word(params, StrassenTwice.outerTapsAt);
  const tapCount = word(params, StrassenTwice.taps);
  const tapsEnd = taps + (tapCount << 2);
  const outerTapsEnd = outerTaps + (tapCount << 2);
  const quarterBytes = word(params, StrassenTwice.k) << 2;
  const halfBytes = 2 * quarterBytes;
  const pieces = word(params, StrassenTwice.piecesAt);
  const outerPieces = word(params, StrassenTwice.outerPiecesAt);
  const sumPieces = word(params, StrassenTwice.sumPiecesAt);
  const piecesBytes = word(params, StrassenTwice.pieces) * ${PIECE_BYTES};
  const weights = word(params, StrassenTwice.weightsAt) - ${SHIFT};
  const biases = word(params, StrassenTwice.biasAt) - ${SHIFT};
  const panelBytes = word(params, StrassenTwice.panelBytes);
  const blocksBytes = panelBytes / ${FACTORS.length};
  const factorBytes = blocksBytes / ${STORED_BLOCKS.length};
  const across = panels << 6;
  const half = 2 * across;

  const sumOffsets = scratch;
  const made = sumOffsets + ((rowsPerUnit * ${PAIR_BYTES} + 63) & ~63);
  const tiles = made + blocksBytes - ${SHIFT};
  const tilesBytes = ((rowsPerUnit + ${least - 1}) / ${least}) * ${STEP};
  const kept = tiles + tilesBytes;
  const outer = kept + ${SHIFT} + panels * tilesBytes;
  const outerBytes = padded(tapCount * halfBytes);
  const outerPlane = 2 * rowsPerUnit * outerBytes;
  const sums = outer + ${SUMS} * outerPlane;
  const sumBytes = padded(tapCount * quarterBytes);
  const plane = rowsPerUnit * sumBytes;
  memory.fill(tiles + ${SHIFT}, 0, tilesBytes);
  for (let row: usize = 0; row < rowsPerUnit; row++) {
    const at = sumOffsets + row * ${PAIR_BYTES};
    store<i32>(at, <i32>(row * sumBytes));
    store<i32>(at, <i32>(2 * row * outerBytes), 8);
    store<i32>(at, <i32>((2 * row + 1) * outerBytes), 12);
  }

  let read: i32 = 0;
  for (let unit = from; unit < to; unit++) {
    const start = <usize>unit * rowsPerUnit;
    const upper = word(params, StrassenTwice.rowsAt) + start * ${PAIR_BYTES};
    const lower = word(params, StrassenTwice.lowerRowsAt) + start * ${PAIR_BYTES};
    const count = min(rows - start, rowsPerUnit);
    read |= sumPairs(upper, lower, count, input, taps, tapsEnd, halfBytes, outer, outerBytes, outerPlane);
${OUTER_FACTORS.map(printOuterFactor).join('\n')}
  }
  store<i32>(scratch, read);
}
`;
}

interface OuterFactor {
  /** Half of the inputs of the upper or lower pair, or the number of an outer sum. */
  left: { pair: 'upper' | 'lower'; half: '0' | 'halfBytes' } | number;
  /** The block that it is kept in, if it is. */
  keeps: number | null;
  /** Statements after its products. */
  after: readonly string[];
}

const product = `tiles + ${tile(BLOCK)}`;
const keptAt = (block: number): string => `own + ${tile(block)}`;
const add = (into: string, added: string): string => `addTiles(count, ${into}, ${added}, ${BLOCK_TILES});`;
const finish = (pair: 'upper' | 'lower', half: '0' | 'half', block: number): string =>
  `storeBlock(count, ${keptAt(block)}, ${product}, ${pair}, outputs + channel + ${half}, residuals === 0 ? 0 : residuals + channel + ${half} - ${SHIFT}, biases + channel + ${half}, clamp, across);`;

/** In the order of `FACTORS`. */
const OUTER_FACTORS: readonly OuterFactor[] = [
  { left: { pair: 'upper', half: '0' }, keeps: KEPT_X, after: [] },
  { left: { pair: 'upper', half: 'halfBytes' }, keeps: null, after: [finish('upper', '0', KEPT_X)] },
  { left: 2, keeps: null, after: [add(keptAt(KEPT_X), product)] },
  { left: 3, keeps: KEPT_Y, after: [add(keptAt(KEPT_Y), keptAt(KEPT_X))] },
  { left: { pair: 'lower', half: 'halfBytes' }, keeps: null, after: [finish('lower', '0', KEPT_Y)] },
  { left: 1, keeps: null, after: [finish('lower', 'half', KEPT_Y), add(keptAt(KEPT_X), product)] },
  { left: 4, keeps: null, after: [finish('upper', 'half', KEPT_X)] },
];

function printOuterFactor({ left, keeps, after }: OuterFactor, number: number): string {
  const isSum = typeof left === 'number';
  const offsets = isSum ? 'sumOffsets + 8, sumOffsets + 12' : `${left.pair}, ${left.pair} + 8`;
  const from = isSum ? `outer + ${left - 1} * outerPlane` : `input + ${left.half}`;
  const [taps, pieces] = isSum ? ['outerTaps, outerTapsEnd', 'outerPieces'] : ['taps, tapsEnd', 'pieces'];
  return `    sumRows(${offsets}, count, ${from}, ${taps}, quarterBytes, sums, sumBytes, plane);
    for (let panel: usize = 0; panel < panels; panel++) {
      const own = kept + panel * tilesBytes;
      const channel = panel << 6;
      seven(count, ${offsets}, ${from}, ${pieces}, weights + panel * panelBytes + ${number} * blocksBytes, ${SHARED}, ${keeps === null ? product : keptAt(keeps)});
      ${after.join('\n      ')}
    }`;
}
