/** Prints a plan as a table for people, with a line for each layer. */
import type { PlanDescription, PlanRow } from '../engine/index.js';
import { formatTable } from './table.js';

const COLUMNS = [
  ...['layer', 'operation', 'input', 'output', 'kernel'],
  ...['>calls', '>MMAC written', '>done', '>weights KiB', '>output KiB'],
];

export function planTable({ rows, images, height, width, ...sizes }: PlanDescription): string {
  const written = sum(rows, (row) => row.macsWritten);
  const done = sum(rows, (row) => row.macsDone);
  const calls = sum(rows, (row) => row.calls);
  return [
    `${images} ${images === 1 ? 'image' : 'images'} of ${height}×${width}`,
    '',
    formatTable(COLUMNS, [
      ...rows.map(cells),
      ['total', '', '', '', '', String(calls), millions(written), millions(done), kibibytes(sizes.weightBytes), ''],
    ]),
    '',
    'MMAC: million multiplications per image, as the layers define them (written) and as the kernels do them (done).',
    ...(rows.some(({ isSlow }) => isSlow) ? ['Slow: the kernel computes one value after another.'] : []),
    `Memory: weights ${mebibytes(sizes.weightBytes)} MiB, shared by all threads; ` +
      `per thread ${mebibytes(sizes.arenaBytes)} MiB for layers, ${mebibytes(sizes.scratchBytes)} MiB of scratch.`,
    `Kernels: ${sizes.kernels}.`,
  ].join('\n');
}

/** For `--json`. */
export function planJson({ images, height, width, rows, ...sizes }: PlanDescription): object {
  return {
    images,
    height,
    width,
    rows: rows.map(({ node, operation, input, output, kernel, isSlow, calls, ...counts }) => ({
      node,
      operation,
      input,
      output,
      kernel,
      slow: isSlow,
      calls,
      macs_written: counts.macsWritten,
      macs_done: counts.macsDone,
      weight_bytes: counts.weightBytes,
      output_bytes: counts.outputBytes,
    })),
    weight_bytes: sizes.weightBytes,
    arena_bytes: sizes.arenaBytes,
    scratch_bytes: sizes.scratchBytes,
    kernels: sizes.kernels,
  };
}

function cells(row: PlanRow): string[] {
  return [
    row.node,
    row.operation,
    row.input.join('×'),
    row.output.join('×'),
    row.isSlow ? `${row.kernel}, slow` : row.kernel,
    String(row.calls),
    row.macsWritten === 0 ? '' : millions(row.macsWritten),
    row.macsWritten === 0 ? '' : millions(row.macsDone),
    row.weightBytes === 0 ? '' : kibibytes(row.weightBytes),
    kibibytes(row.outputBytes),
  ];
}

function sum(rows: readonly PlanRow[], number: (row: PlanRow) => number): number {
  return rows.reduce((total, row) => total + number(row), 0);
}

function millions(macs: number): string {
  return (macs / 1e6).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function kibibytes(bytes: number): string {
  return Math.ceil(bytes / 1024).toLocaleString('en');
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 1 });
}
