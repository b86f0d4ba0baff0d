/**
 * Whether a named cause is right, for corruptions of images. Each list of acceptable names was fixed before a run.
 *
 * - By default: 34 corruptions of up to five severities (`acceptable-causes.csv`) of CIFAR-10, Fashion-MNIST and tiles
 *   of photographs. The rules were made with these.
 * - `--held-out`: the same 34 of solar cells, other photographs and handwritten digits, and 84 more
 *   (`acceptable-causes-held-out.csv`). Later rules were made with these as well.
 * - `--fresh`: kinds as in the first list, made by other code (`acceptable-causes-fresh.csv`).
 * - `--pipeline`: faults of pipelines, and other mixes of classes (`acceptable-causes-pipeline.csv`).
 *
 * A window counts if its verdict by default is `drift`. It is right if it has names and all are acceptable, wrong if
 * one is not, and has no name otherwise. Of two changes at once (`darker+noisier`), both must be named. Some windows
 * have no change.
 *
 *     npm run bench -- causes [--held-out | --fresh | --pipeline] [--seed 1] [--photos FOLDER] [--sets FOLDER] [--events FOLDER]
 *
 * `IMAGE_DRIFT_PYTHON` names a Python with imagecorruptions and albumentations. CIFAR-10 and its network are shared
 * data; other images come from npm and PyPI (`photographs.ts`, `elpv-dataset`). `--sets` and `--events` reuse an
 * earlier run's files.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UNNAMED } from '../drift/index.js';
import { embedImages, fitProfileFromEvents, measureWindows } from '../pipeline/index.js';
import { packageRoot, temporaryFolder } from '../spec/support/places.js';
import { machine } from './machine.js';
import { othersOf, photographsOf } from './photographs.js';
import { flagsOf, writeResults } from './results.js';
import { CIFAR, embedderOf, fashionEmbedder, pythonOf, shared } from './rows.js';

const flags = flagsOf({
  ...{ seed: '1', photos: undefined, sets: undefined, events: undefined },
  ...({ 'held-out': false, fresh: false, pipeline: false } as const),
});
/** Windows without a change. */
const QUIET = 5;
/** Sets of images by run; their place in the whole table seeds them. */
const SETS_OF = {
  design: ['cifar', 'fashion', 'photos'],
  'held-out': ['cells', 'landscapes', 'digits', 'cifar-again', 'fashion-again'],
  fresh: ['cifar-fresh', 'fashion-fresh', 'photos-fresh'],
  pipeline: ['cifar-pipeline', 'fashion-pipeline', 'samples-pipeline'],
} as const;
type Run = keyof typeof SETS_OF;
const RUN: Run = flags.pipeline ? 'pipeline' : flags.fresh ? 'fresh' : flags['held-out'] ? 'held-out' : 'design';
const ROWS = { design: 300, 'held-out': 300, fresh: 200, pipeline: 400 };
const RESULTS = {
  ...{ design: 'causes.csv', 'held-out': 'causes-held-out.csv', fresh: 'causes-fresh.csv' },
  pipeline: 'causes-pipeline.csv',
};
const SETS: readonly string[] = SETS_OF[RUN];
const NUMBERS: readonly string[] = Object.values(SETS_OF).flat();
const LISTS = ['', '-held-out', '-fresh', '-pipeline'].map((which) => `acceptable-causes${which}.csv`);

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
  cpu: string;
}

function listOf(file: string): string[][] {
  const [, ...lines] = readFileSync(join(packageRoot, 'bench', file), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => line.split(','));
}

/** Acceptable names by corruption and severity; none for images without a change. */
function acceptableNames(): Map<string, string> {
  const names = new Map<string, string>();
  for (const [corruption = '', , severities = '', text = ''] of LISTS.flatMap(listOf)) {
    const [first, last = first] = severities.split('-').map(Number);
    for (let severity = first!; severity <= last!; severity++) names.set(`${corruption}-${severity}`, text);
  }
  return names;
}

/** Where images come from: of the kinds of `causes.py`. */
function sourcesOf(python: string): Record<string, unknown>[] {
  const cifar = (name: string) => ({ kind: 'npz', images: join(shared(), 'cifar', name, 'image_data.npz') });
  const samples = join(packageRoot, 'samples', 'fashion-mnist');
  const fashion = { kind: 'npz', images: join(samples, 'reference.npz'), window: join(samples, 'production.npz') };
  const photographs = () => flags.photos ?? photographsOf(temporaryFolder());
  if (RUN === 'design') return [cifar('production_1'), fashion, { kind: 'photographs', images: photographs() }];
  if (RUN === 'fresh') {
    return [
      cifar('production_1'),
      { kind: 'npz', images: join(shared(), 'fashion', 'test.npz') },
      { kind: 'photographs', images: photographs(), options: { tile: 56, factor: 0.8 } },
    ];
  }
  if (RUN === 'pipeline') {
    const sets = join(shared(), 'fashion', 'train.npz');
    return [
      { ...cifar('reference'), strange: sets },
      { kind: 'npz', images: sets, strange: cifar('reference').images },
      { kind: 'samples', images: '', strange: sets },
    ];
  }
  const { landscapes, digits } = othersOf(temporaryFolder());
  const cells = join(temporaryFolder(), 'cells');
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', cells, 'elpv-dataset']);
  return [
    { kind: 'cells', images: join(cells, 'elpv_dataset', 'data') },
    { kind: 'photographs', images: landscapes, options: { tile: 48, factor: 0.75 } },
    { kind: 'digits', images: digits },
    cifar('reference'),
    fashion,
  ];
}

function makeSets(out: string): void {
  const python = pythonOf();
  const sets = sourcesOf(python).map((source, i) => ({
    ...{ number: NUMBERS.indexOf(SETS[i]!), name: SETS[i]!, windows: QUIET },
    ...{ rows: ROWS[RUN], lists: listsOf(SETS[i]!) },
    ...source,
  }));
  const job = join(temporaryFolder(), 'job.json');
  writeFileSync(job, JSON.stringify({ out, seed: Number(flags.seed), sets }));
  execFileSync(python, ['-W', 'ignore', join(packageRoot, 'bench', 'causes.py'), job], { stdio: 'inherit' });
}

function listsOf(set: string): string[] {
  if (RUN === 'design') return ['first'];
  if (RUN === 'fresh' || RUN === 'pipeline') return [RUN];
  return set.endsWith('again') ? ['held-out'] : ['held-out', 'first'];
}

/** Kinds of the causes in the images, of all causes in words. */
function namesIn(causes: readonly string[]): string[] {
  const kinds = causes.map((cause) => cause.split(':', 1)[0] as string);
  return kinds.filter((kind) => kind !== UNNAMED && !/^(cluster \d+$|predicted )/.test(kind));
}

/** @param acceptable `a;b/c` for names that are acceptable each, `a/b+c` for two things that have to be named both */
function outcomeOf(named: readonly string[], acceptable: string): Outcome {
  if (named.length === 0) return 'no name';
  const parts = acceptable.split('+').map((part) => part.split(/[;/]/));
  const isForeign = named.some((name) => !parts.flat().includes(name));
  return isForeign || (parts.length > 1 && parts.some((part) => !part.some((name) => named.includes(name))))
    ? 'wrong'
    : 'right';
}

async function rowsOf(set: string, folder: string): Promise<Row[]> {
  const names = acceptableNames();
  const events = join(flags.events ?? temporaryFolder(), set);
  mkdirSync(events, { recursive: true });
  const isFashion = set.startsWith('fashion') || set === 'digits';
  const embedder = await (isFashion ? fashionEmbedder() : embedderOf(CIFAR));
  const files = readdirSync(folder).filter((name) => name.endsWith('.npz'));
  for (const file of files) {
    const to = join(events, `${basename(file, '.npz')}.parquet`);
    if (!existsSync(to)) await embedImages(embedder, join(folder, file), to, { saveEvery: 0 });
  }
  await embedder.close();
  const profile = await fitProfileFromEvents(join(events, 'baseline.parquet'));
  const windows = files.map((file) => basename(file, '.npz')).filter((name) => name !== 'baseline');
  const paths = windows.sort().map((name) => join(events, `${name}.parquet`));
  const { report } = await measureWindows(profile, paths);
  return report.windows.map(({ name, verdict, p, causes }) => {
    const [, corruption = '', severity = ''] = /^(.*)-(\d+)$/.exec(name) as RegExpExecArray;
    const acceptable = names.get(name) ?? '';
    const named = namesIn(causes ?? []);
    return {
      ...{ images: set, corruption, severity: Number(severity), verdict: verdict ?? 'none', p: p ?? '' },
      ...{ outcome: outcomeOf(named, acceptable), named: named.join(';'), acceptable, cpu: machine().cpu },
    };
  });
}

function summary(rows: readonly Row[]) {
  const count = (outcome: Outcome) => rows.filter((row) => row.outcome === outcome).length;
  const share = (outcome: Outcome) => `${((100 * count(outcome)) / rows.length).toFixed(1)} %`;
  return { windows: rows.length, right: share('right'), wrong: share('wrong'), 'no name': share('no name') };
}

const folder = flags.sets ?? join(temporaryFolder(), 'sets');
if (!existsSync(folder)) makeSets(folder);
const rows: Row[] = [];
const made = SETS.filter((set) => existsSync(join(folder, set)));
for (const set of made) rows.push(...(await rowsOf(set, join(folder, set))));
const changed = rows.filter(({ corruption }) => corruption !== 'none');
const seen = changed.filter(({ verdict }) => verdict === 'drift');
const kinds = new Map(
  LISTS.flatMap((list, i) =>
    listOf(list).map(([name = '', source = '']) => [name, i === 0 ? 'the first list' : source]),
  ),
);
/** What was done: of the first list, with a library, two things at a time, … */
const kindOf = ({ corruption }: Row) => kinds.get(corruption)!;
const groups = [...new Set(seen.map(kindOf))];
console.table({
  'seen by the default': summary(seen),
  ...Object.fromEntries(groups.map((kind) => [`… ${kind}`, summary(seen.filter((row) => kindOf(row) === kind))])),
  ...Object.fromEntries(made.map((set) => [`… of ${set}`, summary(seen.filter(({ images }) => images === set))])),
  '… that have an acceptable name': summary(seen.filter(({ acceptable }) => acceptable !== '')),
  'all changed': summary(changed),
  'not changed': summary(rows.filter(({ corruption }) => corruption === 'none')),
});
console.table(
  seen.filter(({ outcome }) => outcome === 'wrong'),
  ['images', 'corruption', 'severity', 'named'],
);
console.log(`written to ${await writeResults(RESULTS[RUN], rows)}`);
