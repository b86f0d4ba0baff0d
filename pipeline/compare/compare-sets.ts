/**
 * Compares sets of images with a reference: embeds, profiles and measures them. The demo and the quickstart share it.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CorruptionName } from '../../data/index.js';
import type { Profile } from '../../drift/index.js';
import type { Embedder } from '../../engine/index.js';
import { fileError } from '../../files/index.js';
import { type EmbedSummary, embedImages } from '../embed/index.js';
import { type Measurement, measureWindows } from '../measure/measure-windows.js';
import { fitProfileFromEvents, readProfile, writeProfile } from '../measure/profiles.js';
import { REPORT_EXEMPLARS, type ReportOptions } from '../report/build-report.js';
import { reportPage, writePage } from '../report/write-report.js';
import { everyStep, type Step } from './steps.js';

/** The long computations of a comparison. A caller may run them on a thread that can be ended, for instance. */
export interface CompareComputations {
  fitProfile: typeof fitProfileFromEvents;
  measure: typeof measureWindows;
  reportPage(profile: Profile, measurement: Measurement, options: ReportOptions): Promise<string>;
}

export const computedHere: CompareComputations = {
  fitProfile: fitProfileFromEvents,
  measure: measureWindows,
  reportPage,
};

interface ComparedSet {
  name: string;
  images: string;
  sha256?: string | undefined;
  corruption?: CorruptionName | null | undefined;
  imageUrl?: string | undefined;
}

export interface CompareSetsOptions {
  seed: number;
  clusters?: number | undefined;
  /** sha256 of the weights, if it is known without loading them. */
  weightsSha256?: string | undefined;
  onProgress?: ((set: string, done: number, total: number) => void) | undefined;
  step?: Step | undefined;
  computations?: CompareComputations | undefined;
}

export interface ComparedSets {
  /** In the given order; the reference comes first. */
  embedded: EmbedSummary[];
  profilePath: string;
  profile: Profile;
  measurement: Measurement;
}

/**
 * Embeds all sets into `folder`, profiles the first and compares the others with it.
 * @param embedder called if there is something to embed
 * @param folder made if it is missing; files of an earlier run are replaced
 */
export async function compareSets(
  embedder: () => Promise<Embedder>,
  sets: readonly ComparedSet[],
  folder: string,
  options: CompareSetsOptions,
): Promise<ComparedSets> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw fileError(folder, error);
  });
  const { seed, clusters, step = everyStep, computations = computedHere } = options;
  const embedded: EmbedSummary[] = [];
  for (const set of sets) embedded.push(await embedSet(embedder, set, folder, options));
  const [baseline, ...others] = embedded.map(({ out }) => out) as [string, ...string[]];
  const profilePath = join(folder, 'profile.json');
  const inputs = { sets: sets.slice(0, 1).map(inputsOf), weights: options.weightsSha256, seed, clusters };
  await step('profile', inputs, [profilePath], async () => {
    await writeProfile(profilePath, await computations.fitProfile(baseline, { seed, clusters }));
  });
  const profile = await readProfile(profilePath);
  const measurement = await computations.measure(profile, others, { seed, exemplars: REPORT_EXEMPLARS });
  return { embedded, profilePath, profile, measurement };
}

async function embedSet(
  embedder: () => Promise<Embedder>,
  set: ComparedSet,
  folder: string,
  { seed, weightsSha256, onProgress, step = everyStep }: CompareSetsOptions,
): Promise<EmbedSummary> {
  const { name, images, corruption, imageUrl } = set;
  const out = join(folder, `${name}.parquet`);
  const inputs = { ...inputsOf(set), weights: weightsSha256, seed: corruption ? seed : null };
  const summary = await step(`embed ${name}`, inputs, [out], async () =>
    embedImages(await embedder(), images, out, {
      dataset: name,
      imageUrl,
      corruption: corruption ? { name: corruption, seed } : undefined,
      onProgress: (done, total) => onProgress?.(name, done, total),
    }),
  );
  // The folder may have moved since.
  return { ...summary, out };
}

function inputsOf({ name, sha256, corruption, imageUrl }: ComparedSet): object {
  return { name, sha256, corruption: corruption ?? null, imageUrl };
}

/**
 * The demo: runs the whole path on the package's samples, a reference and then three weeks of images that get worse.
 */
export const DEMO_MODEL = 'fashion-mnist-resnet18';

/** Compiled, this file lies in `dist/pipeline/compare/`, three folders below the package's root. */
const SAMPLES = fileURLToPath(new URL('../../../samples/fashion-mnist', import.meta.url));

/** The three weeks are the same images, so that they differ only by what happened to them. */
export const DEMO_SETS: readonly (ComparedSet & { story: string })[] = [
  { name: 'reference', images: 'reference.npz', story: 'what the model was accepted with', corruption: null },
  { name: 'week_1', images: 'production.npz', story: 'as they came', corruption: null },
  { name: 'week_2', images: 'production.npz', story: 'a lens out of focus', corruption: 'gaussian_blur' },
  { name: 'week_3', images: 'production.npz', story: 'a lamp that fails', corruption: 'darken' },
];

export interface DemoResult extends ComparedSets {
  reportPath: string;
}

/**
 * Embeds all four sets, profiles the first and compares the others with it. @throws DataError, EngineError, FileError
 * @param folder made if it is missing; files of an earlier demo are replaced
 */
export async function runDemo(
  embedder: Embedder,
  folder: string,
  options: Pick<CompareSetsOptions, 'seed' | 'onProgress' | 'computations'> & {
    report?: Pick<ReportOptions, 'images' | 'paths'>;
  },
): Promise<DemoResult> {
  const sets = DEMO_SETS.map(({ name, images, corruption }) => ({ name, images: join(SAMPLES, images), corruption }));
  const compared = await compareSets(async () => embedder, sets, folder, options);
  const reportPath = join(folder, 'report.html');
  const shown = { ...options.report, baselineEvents: compared.embedded[0]?.out };
  const { reportPage } = options.computations ?? computedHere;
  await writePage(reportPath, await reportPage(compared.profile, compared.measurement, shown));
  return { ...compared, reportPath };
}
