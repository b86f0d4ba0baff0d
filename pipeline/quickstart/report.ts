/** The quickstart's report: its three weeks, and where the files came from and went to. */
import { join } from 'node:path';
import { type CompareComputations, computedHere } from '../compare/compare-sets.js';
import { lastName } from '../measure/index.js';
import type { ReportOptions } from '../report/build-report.js';
import { writePage } from '../report/write-report.js';
import type { QuickstartFiles } from './files.js';
import type { LocalHalf } from './local.js';
import type { QuickstartPublished } from './publish.js';

interface Note {
  label: string;
  value: string;
}

/** What the report shows of images and paths. */
type Shown = Pick<ReportOptions, 'images' | 'paths'>;

interface QuickstartReportOptions {
  shown?: Shown;
  /** Where the page is computed; default: on this thread. */
  computations?: Pick<CompareComputations, 'reportPage'>;
}

/**
 * The lines under "what was run".
 *
 * @param published null if nothing was sent
 */
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
  const differing = verification.bins.filter(({ agrees }) => !agrees).length;
  const says =
    differing === 0
      ? `the same as ours on all ${verification.bins.length} days, to ${verification.tolerance}`
      : `not ours on ${differing} of ${verification.bins.length} days`;
  return [...notes, { label: "Fiddler's own JSD by day", value: `${numbers.join(', ')}; ${says}` }];
}

/**
 * @returns path of the report; it is not rewritten while its contents stay the same
 * @throws FileError
 */
export async function writeQuickstartReport(
  { profile, measurement, embedded, steps, weightsSha256 }: LocalHalf,
  folder: string,
  provenance: readonly Note[],
  { shown = {}, computations = computedHere }: QuickstartReportOptions = {},
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
