/**
 * The demo: runs the whole path on the package's samples, a reference and then three weeks of images that get worse.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CorruptionName } from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import type { ReportOptions } from '../report/build-report.js';
import { writePage } from '../report/write-report.js';
import { type ComparedSets, type CompareSetsOptions, compareSets } from './compare-sets.js';
import { computedHere } from './computations.js';

export const DEMO_MODEL = 'fashion-mnist-resnet18';

/** Compiled, this file lies in `dist/pipeline/compare/`, three folders below the package's root. */
const SAMPLES = fileURLToPath(new URL('../../../samples/fashion-mnist', import.meta.url));

interface DemoSet {
  /** Name of the data set and of its event table. */
  name: string;
  images: string;
  /** What happened to the camera that week, for people. */
  story: string;
  corruption: CorruptionName | null;
}

/** The three weeks are the same images, so that they differ only by what happened to them. */
export const DEMO_SETS: readonly DemoSet[] = [
  { name: 'reference', images: 'reference.npz', story: 'what the model was accepted with', corruption: null },
  { name: 'week_1', images: 'production.npz', story: 'as they came', corruption: null },
  { name: 'week_2', images: 'production.npz', story: 'a lens out of focus', corruption: 'gaussian_blur' },
  { name: 'week_3', images: 'production.npz', story: 'a lamp that fails', corruption: 'darken' },
];

export interface DemoResult extends ComparedSets {
  reportPath: string;
}

/**
 * Embeds all four sets into `folder`, profiles the first and compares the others with it.
 *
 * @param folder made if it is missing; files of an earlier demo are replaced
 * @throws DataError, EngineError, FileError
 */
export async function runDemo(
  embedder: Embedder,
  folder: string,
  options: Pick<CompareSetsOptions, 'seed' | 'onProgress' | 'computations'> & {
    /** What the report shows of images and paths. */
    report?: Pick<ReportOptions, 'images' | 'paths'>;
  },
): Promise<DemoResult> {
  const sets = DEMO_SETS.map(({ name, images, corruption }) => ({ name, images: join(SAMPLES, images), corruption }));
  const compared = await compareSets(async () => embedder, sets, folder, options);
  const reportPath = join(folder, 'report.html');
  const baselineEvents = compared.embedded[0]?.out;
  const { reportPage } = options.computations ?? computedHere;
  await writePage(
    reportPath,
    await reportPage(compared.profile, compared.measurement, { ...options.report, baselineEvents }),
  );
  return { ...compared, reportPath };
}
