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

function phases({ before, after, report: { started, spans } }: CliRun): Record<string, number> {
  const of = (stage: ProbeSpan['stage']) => spans.filter((span) => span.stage === stage);
  const first = (stage: ProbeSpan['stage']) => Math.min(...of(stage).map(({ start }) => start));
  const last = (stage: ProbeSpan['stage']) => Math.max(...of(stage).map(({ end }) => end));
  const ready = Math.min(...of('prepare').map(({ end }) => end));
  const moments: [string, number][] = [
    ['node', started],
    ['imports', first('weights')],
    ['weights', last('weights')],
    ['graph', last('graph')],
    ['first_batch', ready],
    ['engine', first('compute')],
    ['compute', last('compute')],
    ['write', last('write')],
    ['exit', after],
  ];
  return Object.fromEntries(moments.map(([name, at], i) => [name, at - (i === 0 ? before : moments[i - 1]![1])]));
}

const SAYS: Record<string, string> = {
  node: 'the process starts, up to the first line of JavaScript',
  imports: 'the command line is understood, modules are loaded',
  weights: 'weights are read, their sha256 and their values checked',
  graph: 'batch norms are folded, the engine is chosen',
  first_batch: 'the image file is opened, the first batch read and prepared',
  engine: 'until a thread has its engine and weights: what is left after loading beside all the above',
  compute: 'from the start of the first batch to the end of the last',
  write: 'the rest of the rows, and the file gets its name',
  exit: 'threads end, the process ends',
};

const folder = temporaryFolder();
const images = join(folder, 'images.npz');
await firstImages([flags.images], Number(flags.count), images);
const args = ['embed', images, '--weights', flags.weights, '--out', join(folder, 'events.parquet'), '--quiet'];
args.push('--backend', flags.backend, ...(flags.threads === undefined ? [] : ['--threads', flags.threads]));
const runs: CliRun[] = [];
for (let run = 0; run < Number(flags.runs); run++) runs.push(await runCli(args, join(folder, 'probe.json')));
const each = runs.map(phases);
const milliseconds = Object.keys(SAYS).map(
  (name) => [name, Math.round(median(each.map((run) => run[name]!)))] as const,
);
console.table(milliseconds.map(([phase, ms]) => ({ phase, ms, 'what happens': SAYS[phase] })));
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
    ...Object.fromEntries(milliseconds.map(([name, ms]) => [`${name}_ms`, ms])),
  };
  console.log(`appended to ${await appendResults('startup.csv', [row])}`);
}
