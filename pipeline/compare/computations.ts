/** The long computations of a comparison. A caller may do them elsewhere, on a thread that can be ended for instance. */
import type { Profile } from '../../drift/index.js';
import { type Measurement, measureWindows } from '../measure/measure-windows.js';
import { fitProfileFromEvents } from '../measure/profiles.js';
import type { ReportOptions } from '../report/build-report.js';
import { reportPage } from '../report/write-report.js';

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
