/** The whole path on what comes with the package: a reference, then three weeks of images that get worse. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CorruptionName } from '../data/index.js';
import type { Profile } from '../drift/index.js';
import type { Embedder } from '../engine/index.js';
import { fileError } from '../files/index.js';
import { REPORT_EXEMPLARS } from './build-report.js';
import { type EmbedSummary, embedImages } from './embed/index.js';
import { type Measurement, measureWindows } from './measure-windows.js';
import { fitProfileFromEvents, writeProfile } from './profiles.js';
import { writeReport } from './write-report.js';

export const DEMO_MODEL = 'fashion-mnist-resnet18';

/** Compiled, this file lies in `dist/pipeline/`, two folders below the package's root. */
const SAMPLES = fileURLToPath(new URL('../../samples/fashion-mnist/', import.meta.url));

interface DemoSet {
  /** Of the data set, and of its event table. */
  name: string;
  images: string;
  /** What happened to the camera that week, for a person. */
  story: string;
  corruption: CorruptionName | null;
}

/** The three weeks are the same images, so that only what happened to them differs. */
export const DEMO_SETS: readonly DemoSet[] = [
  { name: 'reference', images: 'reference.npz', story: 'what the model was accepted with', corruption: null },
  { name: 'week_1', images: 'production.npz', story: 'as they came', corruption: null },
  { name: 'week_2', images: 'production.npz', story: 'a lens out of focus', corruption: 'gaussian_blur' },
  { name: 'week_3', images: 'production.npz', story: 'a lamp that fails', corruption: 'darken' },
];

export interface DemoResult {
  /** In the order of `DEMO_SETS`. */
  embedded: EmbedSummary[];
  profilePath: string;
  profile: Profile;
  measurement: Measurement;
  reportPath: string;
}

/**
 * Embeds all four sets into `folder`, profiles the first and compares the others with it.
 * @param folder is made where it is missing; files of an earlier demo are replaced
 * @throws DataError, EngineError, FileError
 */
export async function runDemo(
  embedder: Embedder,
  folder: string,
  options: { seed: number; onProgress?: (set: string, done: number, total: number) => void },
): Promise<DemoResult> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw fileError(folder, error);
  });
  const embedded: EmbedSummary[] = [];
  for (const { name, images, corruption } of DEMO_SETS) {
    const summary = await embedImages(embedder, join(SAMPLES, images), join(folder, `${name}.parquet`), {
      dataset: name,
      corruption: corruption ? { name: corruption, seed: options.seed } : undefined,
      onProgress: (done, total) => options.onProgress?.(name, done, total),
    });
    embedded.push(summary);
  }
  const [baseline, ...weeks] = embedded.map(({ out }) => out) as [string, ...string[]];
  const profile = await fitProfileFromEvents(baseline, { seed: options.seed });
  const profilePath = join(folder, 'profile.json');
  await writeProfile(profilePath, profile);
  const measurement = await measureWindows(profile, weeks, { seed: options.seed, exemplars: REPORT_EXEMPLARS });
  const reportPath = join(folder, 'report.html');
  await writeReport(reportPath, profile, measurement, { baselineEvents: baseline });
  return { embedded, profilePath, profile, measurement, reportPath };
}
