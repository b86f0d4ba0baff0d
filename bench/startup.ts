/**
 * Where the time goes when few images are embedded: the phases of the first image's way to the file, which add up.
 * Embeds the first `--count` images of a file of 32 × 32 (default: the package's samples). Times are medians.
 *
 *     node dist/bench/startup.js [--weights fashion-mnist-resnet18] [--images FILE.npz] [--count 100] [--runs 9]
 *                                [--backend simd] [--threads N] [--no-save]
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../spec/support/places.js';
import { type CliRun, runCli } from './cli-run.js';
import { firstImages } from './image-parts.js';
import { machine, median } from './machine.js';
import type { ProbeSpan } from './probe.js';
import { appendResults, flagsOf } from './results.js';

const SAMPLES = fileURLToPath(new URL('../../samples/fashion-mnist/production.npz', import.meta.url));

const flags = flagsOf({
  ...{ weights: 'fashion-mnist-resnet18', images: SAMPLES, count: '100', runs: '9', backend: 'simd' },
  ...({ threads: undefined, 'no-save': false } as const),
});

type Stage = ProbeSpan['stage'];
const endsOf = ({ report: { spans } }: CliRun, stage: Stage) =>
  spans.filter((span) => span.stage === stage).map(({ end }) => end);
const last = (stage: Stage) => (run: CliRun) => Math.max(...endsOf(run, stage));
const first = (stage: Stage) => (run: CliRun) =>
  Math.min(...run.report.spans.filter((span) => span.stage === stage).map(({ start }) => start));

/** Each phase ends where the next one begins. */
const PHASES: readonly [name: string, end: (run: CliRun) => number, says: string][] = [
  ['node', ({ report }) => report.started, 'the process starts, up to the first line of JavaScript'],
  ['imports', first('weights'), 'the command line is understood, modules are loaded'],
  ['weights', last('weights'), 'weights are read, their sha256 and their values checked'],
  ['graph', last('graph'), 'batch norms are folded, the engine is chosen'],
  ['first_batch', (run) => Math.min(...endsOf(run, 'prepare')), 'the image file is opened, the first batch prepared'],
  ['engine', first('compute'), 'until a thread has its engine and weights: what is left beside all the above'],
  ['compute', last('compute'), 'from the start of the first batch to the end of the last'],
  ['write', last('write'), 'the rest of the rows, and the file gets its name'],
  ['exit', ({ after }) => after, 'threads end, the process ends'],
];

/** Milliseconds of each phase. */
function phases(run: CliRun): number[] {
  const ends = PHASES.map(([, end]) => end(run));
  return ends.map((end, i) => end - (i === 0 ? run.before : ends[i - 1]!));
}

const folder = temporaryFolder();
const images = join(folder, 'images.npz');
await firstImages([flags.images], Number(flags.count), images);
const args = ['embed', images, '--weights', flags.weights, '--out', join(folder, 'events.parquet'), '--quiet'];
args.push('--backend', flags.backend, ...(flags.threads === undefined ? [] : ['--threads', flags.threads]));
const runs: CliRun[] = [];
for (let run = 0; run < Number(flags.runs); run++) runs.push(await runCli(args, join(folder, 'probe.json')));
const each = runs.map(phases);
const milliseconds = PHASES.map((_, i) => Math.round(median(each.map((run) => run[i]!))));
console.table(PHASES.map(([phase, , says], i) => ({ phase, ms: milliseconds[i], 'what happens': says })));
const seconds = median(runs.map((run) => run.seconds));
console.log(`embed of ${flags.count} images, start to end: ${seconds.toFixed(2)} s (median of ${runs.length})`);
if (!flags['no-save']) {
  const row = {
    ...machine(),
    weights: flags.weights,
    images: Number(flags.count),
    backend: flags.backend,
    threads: flags.threads ?? 'default',
    runs: runs.length,
    seconds: Number(seconds.toFixed(3)),
    fastest: Number(Math.min(...runs.map((run) => run.seconds)).toFixed(3)),
    ...Object.fromEntries(PHASES.map(([name], i) => [`${name}_ms`, milliseconds[i]!])),
  };
  console.log(`appended to ${await appendResults('startup.csv', [row])}`);
}
