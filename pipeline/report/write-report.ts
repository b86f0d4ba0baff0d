import { checkedOptions } from '../../base/index.js';
import type { Profile } from '../../drift/index.js';
import { writeFileAtomically } from '../../files/index.js';
import { renderReport } from '../../report/index.js';
import type { Measurement } from '../measure/measure-windows.js';
import { allReportFields, buildReport, type ReportOptions } from './build-report.js';

/**
 * Writes a measurement as one HTML file with charts, typical and unusual images, and a 3-D view of the embeddings. The
 * page needs no network. It appears whole or not at all.
 *
 * @param path file to write. A file of that name is replaced.
 * @param profile the baseline that was measured against
 * @param measurement from `measureWindows`, with `exemplars: 5` if images are to be shown
 * @param options event table of the baseline, result of a drill
 * @throws FileError if the page cannot be written; DataError if the tables cannot be read again
 *
 * @example
 * ```ts
 * import { measureWindows, readProfile, writeReport } from 'image-drift';
 *
 * const profile = await readProfile('profile.json');
 * const measurement = await measureWindows(profile, ['week_1.parquet', 'week_2.parquet'], { exemplars: 5 });
 * await writeReport('drift.html', profile, measurement, { baselineEvents: 'reference.parquet', umap: false });
 * ```
 */
export async function writeReport(
  path: string,
  profile: Profile,
  measurement: Measurement,
  options: ReportOptions = {},
): Promise<void> {
  await writePage(path, await reportPage(profile, measurement, options));
}

export async function reportPage(profile: Profile, measurement: Measurement, options: ReportOptions): Promise<string> {
  options = checkedOptions('writeReport', options, allReportFields);
  return renderReport(await buildReport(profile, measurement, options));
}

export async function writePage(path: string, page: string): Promise<void> {
  await writeFileAtomically(path, (file) => file.write(new TextEncoder().encode(page)));
}
