/**
 * How bright each part of the images is, on average, and how much that varies from image to image. Something that stands
 * at one place changes one part, and makes it vary less. Sums are whole numbers, so parts merge exactly.
 */

/** Parts in each direction, and all of them. */
export const GRID_SIDE = 8;
export const GRID_PARTS = GRID_SIDE ** 2;
const DIGITS = 2 * GRID_PARTS;

export interface GridCounts {
  /** Images with a grid. */
  rows: number;
  /** `[GRID_PARTS]`, row by row: Σ of the levels, 0 to 255, and Σ of their squares. */
  sums: Float64Array;
  squares: Float64Array;
}

export class GridTally {
  readonly #counts = noGrids();

  /** @param grid is not counted unless it has 128 hex digits */
  add(grid: unknown): void {
    if (typeof grid !== 'string' || grid.length !== DIGITS || !/^[0-9a-f]+$/i.test(grid)) return;
    const { sums, squares } = this.#counts;
    this.#counts.rows++;
    for (let part = 0; part < GRID_PARTS; part++) {
      const level = 16 * digit(grid, 2 * part) + digit(grid, 2 * part + 1);
      sums[part]! += level;
      squares[part]! += level * level;
    }
  }

  counts(): GridCounts {
    const { rows, sums, squares } = this.#counts;
    return { rows, sums: sums.slice(), squares: squares.slice() };
  }
}

export function noGrids(): GridCounts {
  return { rows: 0, sums: new Float64Array(GRID_PARTS), squares: new Float64Array(GRID_PARTS) };
}

export function mergeGrids(a: GridCounts, b: GridCounts): GridCounts {
  return {
    rows: a.rows + b.rows,
    sums: a.sums.map((sum, part) => sum + b.sums[part]!),
    squares: a.squares.map((sum, part) => sum + b.squares[part]!),
  };
}

/** The value of the hex digit at a place. */
function digit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code <= 57 ? code - 48 : (code | 32) - 87;
}
