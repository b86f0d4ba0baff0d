/** The page of a monitor: its timeline as data, and the pictures of its alarms from where the images are. */
import { resolve } from '#platform';
import type { ColumnChoice, ImageSource } from '../../data/index.js';
import { type Profile, windowMilliseconds } from '../../drift/index.js';
import { isThere } from '../../files/index.js';
import type { MonitorRun, TestReport } from '../../monitor/index.js';
import type { MonitorPageAlarm, MonitorPageData, MonitorPicture, MonitorSeries } from '../../report/index.js';
import { type EventFile, placeOf } from '../measure/event-files.js';
import { picturesOfRows, UNLIKE_SIDE, unlikenessOf, unlikeRows } from '../report/index.js';
import { measureSpan, tablesOf } from './alarm-cause.js';
import type { Ledger } from './ledger.js';
import type { MonitorStatus } from './status.js';

interface PageSources {
  images: string | null;
  columns: ColumnChoice;
}

type StatusAlarm = MonitorStatus['alarms'][number];

export async function monitorPageData(
  folder: string,
  profile: Profile,
  { ledger, run, status }: { ledger: Ledger; run: MonitorRun; status: MonitorStatus },
  options: PageSources,
): Promise<MonitorPageData> {
  const { by } = ledger.state.promise;
  const alarms: MonitorPageAlarm[] = [];
  for (const alarm of status.alarms) alarms.push(await alarmOf(profile, ledger, run, alarm, options));
  const { promise, window, rows, rejected, last, timeline } = status;
  const values = new Set(run.timeline.flatMap(({ tests }) => tests.flatMap((test) => test.by ?? [])));
  return {
    made: new Date().toISOString(),
    state: folder,
    ...{ promise, window, rows, rejected, last, by, alarms },
    whole: seriesOf(run, 'All images', null),
    parts: [...values].sort().map((value) => seriesOf(run, value, value)),
    windows: timeline,
  };
}

function seriesOf({ timeline }: MonitorRun, name: string, by: string | null): MonitorSeries {
  return {
    name,
    points: timeline.map(({ from, to, tests }) => {
      const ratios = tests.flatMap((test) => (test.by === by ? [test.statistic / test.limit] : []));
      return { from, to, ratio: ratios.length === 0 ? null : Math.max(...ratios) };
    }),
  };
}

async function alarmOf(
  profile: Profile,
  ledger: Ledger,
  run: MonitorRun,
  alarm: StatusAlarm,
  options: PageSources,
): Promise<MonitorPageAlarm> {
  const { raised, since, since_low, since_high, acknowledged, block, cause, accuracy, note } = alarm;
  const [value] = Object.entries(alarm.by ?? {});
  const by = value === undefined ? null : { name: value[0], value: value[1] };
  const end = Date.parse(raised);
  const { pictures, noPictures } = await picturesOf(profile, ledger, { from: Date.parse(since), to: end, by }, options);
  const until = ledger.state.acknowledged.find(({ key }) => key === alarm.key);
  const length = windowMilliseconds(ledger.state.promise.window);
  return {
    ...{ raised, since, sinceLow: since_low, sinceHigh: since_high, acknowledged, block, cause, accuracy, note },
    until: until === undefined ? null : new Date(until.at).toISOString(),
    by: by === null ? null : `${by.name} ${by.value}`,
    belowSince: belowSince(run, end - length, (test) => test.block === block && test.by === (by?.value ?? null)),
    ...{ pictures, noPictures },
  };
}

/** The start of the windows behind the last one above the limit, ISO 8601; null if the last window is above. */
function belowSince({ timeline }: MonitorRun, raised: number, isOf: (test: TestReport) => boolean): string | null {
  const after = timeline.filter(({ from }) => from >= raised);
  const isAbove = ({ tests }: (typeof after)[number]) =>
    tests.some((test) => isOf(test) && test.statistic > test.limit);
  const below = after[after.findLastIndex(isAbove) + 1];
  return below === undefined ? null : new Date(below.from).toISOString();
}

type Pictures = Pick<MonitorPageAlarm, 'pictures' | 'noPictures'>;

const none = (noPictures: string): Pictures => ({ pictures: [], noPictures });

async function picturesOf(
  profile: Profile,
  ledger: Ledger,
  span: Parameters<typeof measureSpan>[2],
  { images, columns }: PageSources,
): Promise<Pictures> {
  const { paths } = await tablesOf(ledger, span);
  if (paths.length === 0) return none('None of the tables of these days is there unchanged, so there are no pictures.');
  const { windows, files } = await measureSpan(profile, paths, span, columns, { alone: true });
  const sample = windows[0]?.summary.reference?.sample;
  const unlikeness = unlikenessOf(profile);
  if (!sample || unlikeness === null) return none('The baseline keeps too few rows to say which images are unlike it.');
  const place = (row: number) => {
    const { file, row: within } = placeOf(files, row);
    return { table: file, row: within };
  };
  const { rows } = unlikeRows(unlikeness, sample, { window: place, baseline: () => null });
  const tables = await Promise.all(
    files.map(async (file) => ({ ...file, images: images === null ? file.images : await movedTo(file, images) })),
  );
  const { pictures, problems } = await picturesOfRows(
    tables,
    rows.map(({ place }) => place),
    UNLIKE_SIDE,
  );
  const shown = pictures.flatMap((picture): MonitorPicture[] => (picture === null ? [] : [picture]));
  const why = problems.length === 0 ? 'the tables do not say where they are' : problems.join('; ');
  return shown.length > 0 ? { pictures: shown, noPictures: null } : none(`The images were not found: ${why}.`);
}

/** The same keys in another folder, or the same array in another file. */
async function movedTo({ images }: EventFile, to: string): Promise<ImageSource | null> {
  if (images === null) return null;
  if (!('files' in images)) return { ...images, file: await movedPath(images.file, to) };
  const from = 'folder' in images.files ? images.files.folder : '';
  return { ...images, files: { folder: await movedPath(from, to) } };
}

/** Each day may have its folder: as much of the old path's end as is there in the new folder. */
async function movedPath(from: string, to: string): Promise<string> {
  const parts = from.split(/[\\/]/).filter((part) => part !== '');
  for (let at = 0; at < parts.length; at++) {
    const path = resolve(to, ...parts.slice(at));
    if (!parts.slice(at).includes('..') && (await isThere(path))) return path;
  }
  return resolve(to);
}
