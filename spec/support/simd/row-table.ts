import { TILE_ROWS, tileSizes } from '../../../engine/backends/simd/abi/layout.js';

/** A table of rows in tiles, with each row's positions. The last tile repeats its last row. */
export function rowTable(pairs: readonly (readonly number[])[]): { table: number[]; tiles: number } {
  const sizes = tileSizes(pairs.length);
  let first = 0;
  const table = sizes.flatMap((size) => {
    const tile = Array.from({ length: TILE_ROWS }, (_, r) => pairs[first + Math.min(r, size - 1)]!);
    first += size;
    return tile.flat();
  });
  return { table, tiles: sizes.length };
}
