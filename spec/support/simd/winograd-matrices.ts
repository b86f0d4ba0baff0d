/** The matrices of the Winograd transforms, made of the programs and the packing that the kernels have. */
import { FILTER_TRANSFORMS } from '../../../engine/backends/simd/kernels/winograd/pack.js';
import { FACTORS, PROGRAMS, type Transform } from '../../../engine/backends/simd/kernels/winograd/programs.js';
import { TRANSFORMS, type TransformKernel, tilePoints } from '../../../engine/backends/simd/kernels/winograd/tiles.js';

export const WINOGRAD_KERNELS = Object.keys(TRANSFORMS) as TransformKernel[];

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** `G`, `[P][3]`: taps of a filter → points. */
export function filterMatrix(kernel: TransformKernel): number[][] {
  const { points } = TRANSFORMS[kernel];
  const columns = [0, 1, 2].map((tap) => {
    const column = new Float64Array(points);
    const [a, b, c] = [0, 1, 2].map((i) => Number(i === tap)) as [number, number, number];
    FILTER_TRANSFORMS[kernel].row(column, 0, 1, a, b, c);
    return column;
  });
  return range(points).map((point) => columns.map((column) => column[point]!));
}

/** `B`, inputs of a tile → its points, and `A`, its points → so many outputs. */
export function tileMatrices(kernel: TransformKernel, outputs: number): { input: number[][]; output: number[][] } {
  const { input, output } = PROGRAMS[kernel][outputs]!;
  const points = tilePoints(kernel, outputs).length;
  return { input: matrixOf(input, points), output: matrixOf(output, points) };
}

/** What a program makes of each unit vector, as columns. */
function matrixOf(transform: Transform, inputs: number): number[][] {
  const names = range(inputs).map((i) => `d${i}`);
  const { terms, results } = transform(names, {
    add: (a, b) => `(${a} + ${b})`,
    subtract: (a, b) => `(${a} - ${b})`,
    scale: (factor, a) => `(${FACTORS[factor]} * ${a})`,
    addScaled: (factor, a, b) => `(${FACTORS[factor]} * ${a} + ${b})`,
  });
  const lines = Object.entries(terms).map(([name, value]) => `const ${name} = ${value};`);
  const program = new Function(...names, `${lines.join('\n')}\nreturn [${results.join()}];`);
  const columns = names.map((_, j): number[] => program(...names.map((_, i) => Number(i === j))));
  return results.map((_, row) => columns.map((column) => column[row]!));
}
