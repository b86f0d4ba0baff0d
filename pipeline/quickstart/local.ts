/** The quickstart without a server: converts the checkpoint, embeds four sets and compares three of them. */

import { join } from 'node:path';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import { askDepthAt } from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { type CompareComputations, type ComparedSets, compareSets, computedHere } from '../compare/compare-sets.js';
import { RememberedSteps } from '../compare/steps.js';
import { lastName } from '../measure/index.js';
import type { ReportOptions } from '../report/build-report.js';
import { writePage } from '../report/write-report.js';
import { QUICKSTART_IMAGE_URL, QUICKSTART_SETS, type QuickstartFiles } from './files.js';
import type { QuickstartPublished } from './publish.js';
import { QuickstartError } from './quickstart-error.js';

/** The notebook's classes, in the order of the network's outputs. */
const QUICKSTART_CLASSES = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'] as const;

export interface LocalHalfOptions {
  seed: number;
  clusters?: number | undefined;
  computations?: CompareComputations | undefined;
  onProgress?: ((set: string, done: number, total: number) => void) | undefined;
  /** Loads the network of a weights folder. It is called if something is left to embed; the network is closed here. */
  loadEmbedder: (weights: string) => Promise<Embedder>;
}

export interface LocalHalf extends ComparedSets {
  weightsSha256: string;
  steps: RememberedSteps;
}

/** @param folder made if missing; results of the same inputs in it are kept */
export async function runLocalHalf(
  files: QuickstartFiles,
  folder: string,
  options: LocalHalfOptions,
): Promise<LocalHalf> {
  for (const { path } of files.sets) await askDepthAt([path], {});
  const steps = await RememberedSteps.open(folder);
  const weights = join(folder, 'weights');
  const made = { checkpoint: files.checkpoint.sha256 };
  if (steps.hasOther('convert', made)) {
    const message = `${folder}: holds a quickstart of another checkpoint than ${files.checkpoint.path}`;
    throw new QuickstartError('QUICKSTART_OTHER_MODEL', message, { hint: 'Name another folder with --out.' });
  }
  const weightsSha256 = await steps.step('convert', made, [weights], async () => {
    return (await convertCheckpoint(files.checkpoint.path, weights, CONVERT_OPTIONS)).sha256;
  });
  let embedder: Embedder | null = null;
  const load = async () => {
    embedder ??= await options.loadEmbedder(weights);
    return embedder;
  };
  const sets = QUICKSTART_SETS.map(({ name }, i) => {
    const { path, sha256 } = files.sets[i]!;
    return { name, images: path, sha256, imageUrl: QUICKSTART_IMAGE_URL };
  });
  try {
    const compared = await compareSets(load, sets, folder, { ...options, weightsSha256, step: steps.step });
    return { ...compared, weightsSha256, steps };
  } finally {
    await (embedder as Embedder | null)?.close();
  }
}

/** The notebook's preprocessing: images of 32 × 32 unchanged, `(pixel / 255 - 0.5) / 0.5`. */
const CONVERT_OPTIONS = {
  classes: QUICKSTART_CLASSES,
  tap: 'fc.0',
  size: [32, 32] as [number, number],
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  overwrite: true,
} satisfies ConvertOptions;

interface Note {
  label: string;
  value: string;
}

type Shown = Pick<ReportOptions, 'images' | 'paths'>;

/** The lines under "what was run". @param published null if nothing was sent */
export function quickstartNotes(
  { checkpoint, sets }: QuickstartFiles,
  published: QuickstartPublished | null,
  { paths = true }: Shown = {},
): Note[] {
  const files = [checkpoint, ...sets].map(({ path, isOriginal }) => {
    const name = paths ? path : lastName(path);
    return isOriginal ? name : `${name} (not the notebook's)`;
  });
  const notes = [{ label: "Files of Fiddler's quickstart", value: files.join(', ') }];
  return published === null ? notes : [...notes, ...publishedNotes(published)];
}

function publishedNotes({ url, onboarded, baseline, production, weeks, verification }: QuickstartPublished): Note[] {
  const { project, model } = onboarded;
  const counts = [baseline.rows, production.rows].map((count) => count.toLocaleString('en'));
  const notes = [
    { label: 'Published to', value: `${url}, ${project.name}/${model.name} ${model.version}` },
    { label: 'Events there', value: `${counts[0]} of the baseline, ${counts[1]} of production` },
  ];
  if (verification === null) return notes;
  const numbers = weeks.map(({ name, server }) => {
    return `${name} ${server === null ? '-' : `${server.low.toFixed(4)} to ${server.high.toFixed(4)}`}`;
  });
  const { bins, tolerance } = verification;
  const differing = bins.filter(({ agrees }) => !agrees).length;
  const same = `the same as ours on all ${bins.length} days, to ${tolerance}`;
  const says = differing === 0 ? same : `not ours on ${differing} of ${bins.length} days`;
  return [...notes, { label: "Fiddler's own JSD by day", value: `${numbers.join(', ')}; ${says}` }];
}

/** @returns path of the report, which is not rewritten while its contents stay the same @throws FileError */
export async function writeQuickstartReport(
  { profile, measurement, embedded, steps, weightsSha256 }: LocalHalf,
  folder: string,
  provenance: readonly Note[],
  {
    shown = {},
    computations = computedHere,
  }: { shown?: Shown; computations?: Pick<CompareComputations, 'reportPage'> } = {},
): Promise<string> {
  const path = join(folder, 'report.html');
  const tables = embedded.map(({ rows, correct }) => ({ rows, correct }));
  const inputs = { report: measurement.report, weights: weightsSha256, tables, provenance, ...shown };
  await steps.step('report', inputs, [path], async () => {
    const options = { ...shown, baselineEvents: embedded[0]?.out, provenance };
    await writePage(path, await computations.reportPage(profile, measurement, options));
  });
  return path;
}
