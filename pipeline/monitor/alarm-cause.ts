/** What `drift` says of the days since a change began, read again from the tables that are still there. */
import { type ColumnChoice, DataError, isUrl } from '../../data/index.js';
import {
  DriftError,
  estimatedAccuracy,
  type Profile,
  segmentWindow,
  type WindowReport,
  windowCauses,
} from '../../drift/index.js';
import { FileError, isThere, sha256OfFile } from '../../files/index.js';
import { type MeasuredWindow, type Measurement, measureWindows } from '../measure/measure-windows.js';
import type { AlarmRecord } from './alarm-file.js';
import type { Ledger } from './ledger.js';
import type { ReadFile } from './read-files.js';
import { partsBetween } from './row-names.js';

export type AlarmFinding = Pick<AlarmRecord, 'cause' | 'accuracy' | 'note'>;

export interface AlarmSpan {
  /** Milliseconds since 1970; to before `to`. */
  from: number;
  to: number;
  by: { name: string; value: string } | null;
}

/** Those of the tables with rows in the span that have not changed, those of services, and how many have changed. */
export async function tablesOf(ledger: Ledger, { from, to }: AlarmSpan): Promise<{ paths: string[]; gone: number }> {
  const files = ledger.accounts
    .flatMap((account) => account.files)
    .filter((file) => file.from !== null && file.to !== null && file.from < to && file.to >= from);
  const paths: string[] = [];
  for (const file of files) if (await isSame(file)) paths.push(file.path);
  const parts = await partsBetween(ledger.folder, from, to);
  return { paths: [...new Set(paths), ...parts], gone: files.length - paths.length };
}

async function isSame({ path, sha256 }: ReadFile): Promise<boolean> {
  return !isUrl(path) && (await isThere(path)) && (await sha256OfFile(path)) === sha256;
}

/** Never says a p-value: the days were chosen because they differ. */
export async function findCause(
  profile: Profile,
  ledger: Ledger,
  span: AlarmSpan,
  columns: ColumnChoice,
): Promise<AlarmFinding> {
  const { paths, gone } = await tablesOf(ledger, span);
  const read = paths.length + gone;
  if (read === 0) return unknown('No rows of these days are kept');
  if (paths.length === 0) return unknown(`None of the ${read} tables of these days is there unchanged`);
  const left = gone === 0 ? '' : ` (${gone} of the ${read} tables of these days were not there unchanged)`;
  try {
    const measurement = await measureSpan(profile, paths, span, columns);
    return found(profile, measurement, span, left);
  } catch (error) {
    if (!(error instanceof DriftError || error instanceof DataError || error instanceof FileError)) throw error;
    return unknown(`drift could not compare these days: ${error.message}`);
  }
}

/** @param alone without rows of other cameras, where the baseline knows them */
export function measureSpan(
  profile: Profile,
  paths: readonly string[],
  { from, to, by }: AlarmSpan,
  columns: ColumnChoice,
  { alone = false }: { alone?: boolean } = {},
): Promise<Measurement> {
  const hasSegments = by !== null && profile.segments?.has(by.name) === true;
  return measureWindows(profile, paths, {
    span: [from, to],
    columns,
    ...(hasSegments && { by: [by.name], ...(alone && { segment: by }) }),
  });
}

function unknown(note: string): AlarmFinding {
  return { cause: null, accuracy: null, note };
}

function found(profile: Profile, { report, windows }: Measurement, { by }: AlarmSpan, left: string): AlarmFinding {
  const [window, { summary }] = [report.windows[0] as WindowReport, windows[0] as MeasuredWindow];
  const words = by === null ? ofAll(window) : ofSegment(profile, summary, window, by);
  if (words === null) return unknown(`drift compares no ${by!.name} by itself with this baseline${left}`);
  const { verdict, cause, accuracy } = words;
  const nothing = 'drift finds no change in these days together: the change is smaller, or lasted a part of them';
  if (verdict !== 'drift') return { cause, accuracy, note: `${nothing}${left}` };
  const said =
    cause.length === 0 ? 'drift finds a change that none of its causes fits' : 'The cause is of a part of the rows';
  return { cause, accuracy, note: cause.length > 0 && left === '' ? null : `${said}${left}` };
}

interface Said {
  verdict: WindowReport['verdict'];
  cause: string[];
  accuracy: AlarmFinding['accuracy'];
}

function measuredOf({ accuracy, accuracy_interval: interval }: Pick<WindowReport, 'accuracy' | 'accuracy_interval'>) {
  return accuracy === null ? null : { value: accuracy, low: interval?.low ?? null, high: interval?.high ?? null };
}

function ofAll(window: WindowReport): Said {
  const { verdict, causes, estimated_accuracy: estimate } = window;
  const measured = measuredOf(window);
  return { verdict, cause: causes ?? [], accuracy: measured ?? estimate };
}

function ofSegment(
  profile: Profile,
  summary: MeasuredWindow['summary'],
  { segments }: WindowReport,
  { name, value }: { name: string; value: string },
): Said | null {
  const part = segmentWindow(profile, summary, name, value);
  const report = segments?.find((segment) => segment.by === name && segment.value === value);
  if (part === null || report === undefined) return null;
  const { verdict } = report;
  const cause = windowCauses(part.profile, part.window).words;
  return { verdict, cause, accuracy: measuredOf(report) ?? estimatedAccuracy(part.profile, part.window, verdict) };
}
