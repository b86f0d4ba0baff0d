/**
 * Does the processor ever wait for the disk? Records when reading, preparing, computing and writing were at work in one
 * run of `embed`, as a CSV and a picture.
 *
 *     node dist/bench/timeline.js --images FILE.npz --weights FOLDER [--backend wasm] [--threads N] [--count 4000]
 *                                 [--csv timeline.csv] [--svg docs/figures/timeline.svg]
 *
 * Prints the share of the time between the first and the last batch in which each thread computed.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCli } from './cli-run.js';
import { firstImages } from './image-file.js';
import type { ProbeSpan } from './probe.js';
import { timelineSvg } from './timeline-svg.js';

const { values: flags } = parseArgs({
  options: {
    images: { type: 'string' },
    weights: { type: 'string' },
    backend: { type: 'string', default: 'wasm' },
    threads: { type: 'string', default: String(availableParallelism()) },
    count: { type: 'string', default: '4000' },
    csv: { type: 'string' },
    svg: { type: 'string' },
  },
});
if (flags.images === undefined || flags.weights === undefined) throw new Error('--images and --weights are needed');

/** One row of the picture for each thread, and one for each stage of the main thread. */
function lanesOf(spans: readonly ProbeSpan[]): Map<string, ProbeSpan[]> {
  const lanes = new Map<string, ProbeSpan[]>([
    ['read', []],
    ['prepare', []],
  ]);
  const threads = [...new Set(spans.filter(({ stage }) => stage === 'compute').map(({ thread }) => thread))].sort();
  for (const [i] of threads.entries()) lanes.set(`compute ${i + 1}`, []);
  lanes.set('write', []);
  for (const span of spans) {
    const lane = span.stage === 'compute' ? `compute ${threads.indexOf(span.thread) + 1}` : span.stage;
    lanes.get(lane)?.push(span);
  }
  return lanes;
}

/** Spans of one lane may overlap if an engine has several batches under way. */
function busy(spans: readonly ProbeSpan[]): number {
  let [total, until] = [0, Number.NEGATIVE_INFINITY];
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    total += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return total;
}

const folder = await mkdtemp(join(tmpdir(), 'image-drift-timeline-'));
try {
  const images = join(folder, 'images.npz');
  await firstImages([flags.images], Number(flags.count), images);
  const args = ['embed', images, '--weights', flags.weights, '--out', join(folder, 'events.parquet'), '--quiet'];
  args.push('--backend', flags.backend, '--threads', flags.threads);
  const { before, seconds, report } = await runCli(args, join(folder, 'probe.json'));
  const lanes = lanesOf(report.spans);
  const computed = report.spans.filter(({ stage }) => stage === 'compute');
  const [from, to] = [Math.min(...computed.map(({ start }) => start)), Math.max(...computed.map(({ end }) => end))];
  for (const [lane, spans] of lanes) {
    const within = spans.map((span) => ({ ...span, start: Math.max(span.start, from), end: Math.min(span.end, to) }));
    const share = busy(within.filter(({ start, end }) => end > start)) / (to - from);
    console.log(`${lane.padEnd(10)} ${(100 * share).toFixed(1).padStart(5)} % of the time from first to last batch`);
  }
  console.log(`${flags.count} images in ${seconds.toFixed(1)} s, start included`);
  if (flags.csv !== undefined) await writeFile(flags.csv, csv(lanes, before));
  if (flags.svg !== undefined) await writeFile(flags.svg, timelineSvg(lanes, before));
} finally {
  await rm(folder, { recursive: true });
}

function csv(lanes: ReadonlyMap<string, readonly ProbeSpan[]>, zero: number): string {
  const lines = [...lanes].flatMap(([lane, spans]) =>
    spans.map(({ start, end, images }) => [lane, (start - zero).toFixed(2), (end - zero).toFixed(2), images].join(',')),
  );
  return `lane,start_ms,end_ms,images\n${lines.join('\n')}\n`;
}
