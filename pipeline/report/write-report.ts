import type { Profile } from '../../drift/index.js';
import { writeFileAtomically } from '../../files/index.js';
import { renderReport } from '../../report/index.js';
import type { Measurement } from '../measure/measure-windows.js';
import { buildReport, type ReportOptions } from './build-report.js';

/** Writes the HTML report, whole or not at all. @throws FileError, and what `buildReport` throws */
export async function writeReport(
  path: string,
  profile: Profile,
  measurement: Measurement,
  options: ReportOptions = {},
): Promise<void> {
  const page = renderReport(await buildReport(profile, measurement, options));
  await writeFileAtomically(path, (file) => file.write(new TextEncoder().encode(page)));
}
