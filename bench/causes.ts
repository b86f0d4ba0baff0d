/**
 * Whether a cause that is named is right: 34 corruptions of up to five severities, of CIFAR-10, Fashion-MNIST and tiles of
 * photographs, beside the names that are acceptable for them (`acceptable-causes.csv`, which was fixed before any was run).
 *
 * A window counts where the default method sees it: its verdict is `drift`. It is right if names were given and all of
 * them are acceptable, wrong if one is not, and has no name otherwise. Windows without a change are there, too.
 *
 *     npm run bench -- causes [--seed 1] [--photos FOLDER] [--sets FOLDER]
 *
 * `IMAGE_DRIFT_PYTHON` names a Python that has imagecorruptions. CIFAR-10 and its network are shared data. The photographs
 * are those of npm's `@vladmandic/face-api` by default. `--sets` takes what an earlier run has made.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { convertCheckpoint } from '../convert/index.js';
import { UNNAMED } from '../drift/index.js';
import { Embedder } from '../engine/index.js';
import { embedImages, fitProfileFromEvents, measureWindows } from '../pipeline/index.js';
import { packageRoot, sharedData } from '../spec/support/paths.js';
import { temporaryFolder } from '../spec/support/temporary.js';
import { photographsOf } from './photographs.js';
import { writeResults } from './results.js';

const { values: flags } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    photos: { type: 'string' },
    sets: { type: 'string' },
  },
});
/** Windows without a change. */
const QUIET = 5;
const SETS = ['cifar', 'fashion', 'photos'] as const;

type Outcome = 'right' | 'wrong' | 'no name';

interface Row extends Record<string, string | number> {
  images: string;
  corruption: string;
  severity: number;
  verdict: string;
  p: number | string;
  outcome: Outcome;
  named: string;
  acceptable: string;
}

/** Acceptable names by corruption and severity; none for images without a change. */
function acceptableNames(): Map<string, string[]> {
  const [, ...lines] = readFileSync(join(packageRoot, 'bench', 'acceptable-causes.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  const names = new Map<string, string[]>();
  for (const line of lines) {
    const [corruption = '', , severities = '', text = ''] = line.split(',');
    const [first, last = first] = severities.split('-').map(Number);
    for (let severity = first!; severity <= last!; severity++) {
      names.set(`${corruption}-${severity}`, text === '' ? [] : text.split(';'));
    }
  }
  return names;
}

async function makeSets(shared: string, out: string): Promise<void> {
  const python = process.env['IMAGE_DRIFT_PYTHON'];
  if (python === undefined) throw new Error('IMAGE_DRIFT_PYTHON names no Python');
  const cifar = join(shared, 'cifar', 'production_1', 'image_data.npz');
  const samples = join(packageRoot, 'samples', 'fashion-mnist');
  const sets = [
    { number: 0, name: 'cifar', baseline: cifar, window: cifar, rows: 500, windows: QUIET },
    {
      ...{ number: 1, name: 'fashion', rows: 300, windows: QUIET },
      ...{ baseline: join(samples, 'reference.npz'), window: join(samples, 'production.npz') },
    },
    {
      ...{ number: 2, name: 'photos', rows: 300, windows: QUIET },
      photographs: flags.photos ?? photographsOf(temporaryFolder()),
    },
  ];
  const job = join(temporaryFolder(), 'job.json');
  writeFileSync(job, JSON.stringify({ out, seed: Number(flags.seed), sets }));
  execFileSync(python, ['-W', 'ignore', join(packageRoot, 'bench', 'causes.py'), job], { stdio: 'inherit' });
}

async function embedderOf(set: (typeof SETS)[number], shared: string): Promise<Embedder> {
  if (set === 'fashion') return Embedder.load(join(packageRoot, 'weights', 'fashion-mnist-resnet18'));
  const weights = join(temporaryFolder(), 'weights');
  const [mean, size] = [
    [0.5, 0.5, 0.5],
    [32, 32],
  ] as [[number, number, number], [number, number]];
  await convertCheckpoint(join(shared, 'resnet18_cifar10_epoch5.pth'), weights, {
    ...{ size, resize: 32, crop: size, mean, std: mean },
  });
  return Embedder.load(weights);
}

/** Kinds of the causes in the images, of all causes in words. */
function namesIn(causes: readonly string[]): string[] {
  const kinds = causes.map((cause) => cause.split(':', 1)[0] as string);
  return kinds.filter((kind) => kind !== UNNAMED && !/^(cluster \d+$|predicted )/.test(kind));
}

function outcomeOf(named: readonly string[], acceptable: readonly string[]): Outcome {
  if (named.length === 0) return 'no name';
  return named.every((name) => acceptable.includes(name)) ? 'right' : 'wrong';
}

async function rowsOf(set: (typeof SETS)[number], folder: string, shared: string): Promise<Row[]> {
  const names = acceptableNames();
  const events = join(temporaryFolder(), 'events');
  mkdirSync(events);
  const embedder = await embedderOf(set, shared);
  const files = readdirSync(folder).filter((name) => name.endsWith('.npz'));
  for (const file of files) {
    await embedImages(embedder, join(folder, file), join(events, `${basename(file, '.npz')}.parquet`), {
      saveEvery: 0,
    });
  }
  await embedder.close();
  const profile = await fitProfileFromEvents(join(events, 'baseline.parquet'));
  const windows = files.map((file) => basename(file, '.npz')).filter((name) => name !== 'baseline');
  const paths = windows.sort().map((name) => join(events, `${name}.parquet`));
  const { report } = await measureWindows(profile, paths);
  return report.windows.map(({ name, verdict, p, causes }) => {
    const [, corruption = '', severity = ''] = /^(.*)-(\d+)$/.exec(name) as RegExpExecArray;
    const acceptable = names.get(name) ?? [];
    const named = namesIn(causes ?? []);
    return {
      ...{ images: set, corruption, severity: Number(severity), verdict: verdict ?? 'none', p: p ?? '' },
      ...{ outcome: outcomeOf(named, acceptable), named: named.join(';'), acceptable: acceptable.join(';') },
    };
  });
}

function summary(rows: readonly Row[]) {
  const count = (outcome: Outcome) => rows.filter((row) => row.outcome === outcome).length;
  const share = (outcome: Outcome) => `${((100 * count(outcome)) / rows.length).toFixed(1)} %`;
  return { windows: rows.length, right: share('right'), wrong: share('wrong'), 'no name': share('no name') };
}

if (sharedData === null) throw new Error('the shared data is not here');
const folder = flags.sets ?? join(temporaryFolder(), 'sets');
if (!existsSync(folder)) await makeSets(sharedData, folder);
const rows: Row[] = [];
const made = SETS.filter((set) => existsSync(join(folder, set)));
for (const set of made) rows.push(...(await rowsOf(set, join(folder, set), sharedData)));
const changed = rows.filter(({ corruption }) => corruption !== 'none');
const seen = changed.filter(({ verdict }) => verdict === 'drift');
const foreign = readFileSync(join(packageRoot, 'bench', 'acceptable-causes.csv'), 'utf8')
  .split('\n')
  .filter((line) => line.includes(',imagecorruptions,'))
  .map((line) => line.split(',', 1)[0]);
const isForeign = ({ corruption }: Row) => foreign.includes(corruption);
console.table({
  'seen by the default': summary(seen),
  '… of imagecorruptions': summary(seen.filter(isForeign)),
  '… of our own': summary(seen.filter((row) => !isForeign(row))),
  ...Object.fromEntries(made.map((set) => [`… of ${set}`, summary(seen.filter(({ images }) => images === set))])),
  'all changed': summary(changed),
  'not changed': summary(rows.filter(({ corruption }) => corruption === 'none')),
});
console.table(
  seen.filter(({ outcome }) => outcome === 'wrong'),
  ['images', 'corruption', 'severity', 'named'],
);
console.log(`written to ${await writeResults('causes.csv', rows)}`);
