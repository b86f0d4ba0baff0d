/** From the events of a baseline and of windows to verdicts and the report, as `baseline` and `drift --report` do. */
import { METHODS, type Profile, type WindowReport } from '../../drift/index.js';
import { fitProfileFromEvents, measureWindows, readProfile, writeProfile } from '../../pipeline/measure/index.js';
import { buildReport, REPORT_EXEMPLARS, writePage } from '../../pipeline/report/index.js';
import { headline, rankedWindows, renderReport } from '../../report/index.js';
import { accuracyWords, decidingP, digitsOf, digitsOfChance } from '../../report/numbers/index.js';
import { byGivenNames } from './given.js';
import type { Findings, JudgedWindow } from './messages.js';

export const PROFILE = '/~given-0/profile.json';
export const REPORT = '/~given-0/report.html';

export async function profileOf(events: string, signal: AbortSignal): Promise<Profile> {
  const profile = await fitProfileFromEvents(events, { signal });
  await writeProfile(PROFILE, profile);
  return profile;
}

export { readProfile };

/** @param baseline events of the baseline, for pictures of it; null where only its profile is known */
export async function comparedWindows(
  profile: Profile,
  baseline: string | null,
  windows: readonly string[],
  signal: AbortSignal,
  stage: (what: string) => void,
): Promise<Omit<Findings, 'engine'>> {
  const measurement = await measureWindows(profile, windows, { exemplars: REPORT_EXEMPLARS, signal });
  signal.throwIfAborted();
  stage('Making the report');
  const made = await buildReport(profile, measurement, { baselineEvents: baseline ?? undefined });
  const data = {
    ...made,
    provenance: made.provenance.map(({ label, value }) => ({ label, value: withFolder(value) })),
  };
  await writePage(REPORT, byGivenNames(renderReport(data)));
  const ranked = rankedWindows(data);
  const { answer, details } = headline(data);
  const { windows: judged } = measurement.report;
  return {
    answer,
    details,
    windows: judged.map((window, i) => judgedWindow(window, ranked.find(({ index }) => index === i)!.next)),
    notes: notesOf(judged, data.provenance, measurement.withoutTime),
  };
}

/** A table has the names of its images; where they are, a page cannot know. */
function withFolder(text: string): string {
  return text.replace(
    /have no picture: .*no such file or folder/,
    'have no picture: give the folder instead of the table to see pictures',
  );
}

function notesOf(
  windows: readonly WindowReport[],
  provenance: readonly { label: string; value: string }[],
  withoutTime: number,
): string[] {
  const ofWindows = windows.flatMap(({ name, notes, skipped, images }) => [
    ...notes.map((note) => `${name}: ${note}.`),
    ...(images?.findings ?? []).map((finding) => `${name}: ${finding}.`),
    ...(skipped > 0
      ? [`${name}: ${skipped.toLocaleString('en')} rows with values that are not finite were left out.`]
      : []),
  ]);
  const pictures = provenance
    .filter(({ label }) => label === 'Images not shown')
    .map(({ label, value }) => `${label}: ${value}.`);
  return [...ofWindows, ...pictures, ...(withoutTime > 0 ? [`${withoutTime} rows have no timestamp.`] : [])];
}

function judgedWindow(window: WindowReport, next: { step: string; reason: string }): JudgedWindow {
  const { name, rows, verdict, alarmed_by: alarm, causes } = window;
  const method = alarm ?? 'js';
  const found = window.methods[method] ?? null;
  const title = METHODS.find((one) => one.name === method)?.title ?? method;
  const p = found === null ? null : decidingP(found);
  return {
    name,
    images: rows.toLocaleString('en'),
    accuracy: accuracyWords(window) ?? '–',
    verdict: verdict ?? 'no verdict',
    distance: found === null ? '–' : `${title} ${digitsOf(found.value)}`,
    without: found?.band ? `${digitsOf(found.band[0])} to ${digitsOf(found.band[1])}` : '–',
    chance: p === null ? '–' : digitsOfChance(p),
    cause: verdict === 'drift' ? (causes ?? []).slice(0, 2).join('; ') || 'none with a name' : '–',
    next: `${next.step}. ${next.reason}`,
  };
}
