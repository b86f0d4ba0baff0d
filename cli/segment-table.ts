/** The segments of each window for people: those that are hurt first, then the others up to a limit. */
import { type DriftReport, isHurt, type SegmentReport } from '../drift/index.js';
import { digitsOf, digitsOfChance } from '../report/numbers/index.js';
import { formatTable } from './table.js';

/** Segments of a window that are shown at most, if no more are hurt. */
const SHOWN = 10;

/** Null if nobody asked for segments. */
export function segmentTable({ windows, settings }: DriftReport): string | null {
  if (windows.every(({ segments }) => segments === null)) return null;
  const lines = windows.flatMap(({ name, segments }) =>
    shownOf(segments ?? []).map((segment) => [name, ...cells(segment)]),
  );
  const columns = [
    'window',
    'segment',
    '>rows',
    '>baseline',
    'accuracy',
    'by',
    '>value',
    'without drift',
    'p',
    'verdict',
  ];
  const left = windows.flatMap(({ name, segments }) => {
    const more = (segments ?? []).length - shownOf(segments ?? []).length;
    return more > 0 ? [`${name}: ${more.toLocaleString('en')} more segments without an alarm.`] : [];
  });
  return [
    formatTable(columns, lines),
    '',
    ...left,
    'Segments: each is compared with the same one of the baseline. The value is that of the method that alarmed, else of the clusters.',
    `p is corrected for the number of segments and methods; drift is p <= ${settings.alpha}.`,
  ].join('\n');
}

function shownOf(segments: readonly SegmentReport[]): readonly SegmentReport[] {
  return segments.slice(0, Math.max(SHOWN, segments.filter(isHurt).length));
}

function cells(segment: SegmentReport): string[] {
  const { by, value, rows, baseline_rows: before, accuracy, accuracy_test: test, p, verdict } = segment;
  const shown = shownMethod(segment);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const fell = test?.verdict === 'lower' ? ` (lower; baseline ${percent(test.baseline)})` : '';
  return [
    `${by}=${value}`,
    rows.toLocaleString('en'),
    before.toLocaleString('en'),
    accuracy === null ? '-' : `${percent(accuracy)}${fell}`,
    shown.method,
    shown.value === null ? '-' : digitsOf(shown.value),
    shown.band === null ? '' : `${digitsOf(shown.band[0])}-${digitsOf(shown.band[1])}`,
    p === null ? '' : digitsOfChance(p),
    before === 0 ? 'not in the baseline' : verdict,
  ];
}

/** The numbers of the method that alarmed, or of the clusters. */
function shownMethod({ alarmed_by: method, methods, distance, band }: SegmentReport) {
  const alarm = method === null ? undefined : methods[method];
  return method !== null && alarm ? { method, ...alarm } : { method: 'js', value: distance, band };
}
