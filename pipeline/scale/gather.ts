/**
 * Puts a run together: checks that all shards are there, of this plan and undamaged, then writes events and rejected
 * images as one file each, if asked for. The parts stay. The bytes are those that `embed` would write of all.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, type EventSource, type EventTableSchema, eventFormat, openEventWriter } from '../../data/index.js';
import { orderedMap, writeFileAtomically } from '../../files/index.js';
import {
  GATHERED_LIST,
  type Marker,
  type Plan,
  partFile,
  type RunPlace,
  readPlan,
  rejectedFile,
  ScaleError,
  sumOf,
} from '../../scale/index.js';
import { preprocessingSchema } from '../../weights/index.js';
import {
  arraySource,
  DEFAULT_MAX_REJECTED,
  filesSource,
  type MaxRejected,
  rejectedPath,
  rejectionLimit,
  remoteFiles,
  tooManyRejected,
} from '../embed/index.js';
import { withEvents } from '../measure/event-batches.js';
import { fullOrigin, settingsOf, throwDamage, wholeMarkers, withRun } from './runs.js';

export interface GatherRunOptions {
  /** File for the events of all shards. Default: none is written. */
  out?: string | undefined;
  /** As of `embedImages`, over the whole run. */
  maxRejected?: MaxRejected | undefined;
  /** Called with the shards that are checked so far, and all there are. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface Gathered {
  run: string;
  rows: number;
  shards: number;
  rejected: number;
  labelled: number;
  correct: number;
}

/** Names the parts that were checked, so that whoever reads the run can tell that it was. */
const GATHERED = 'gathered.json';
const ALL_REJECTED = 'rejected.jsonl';
/** Shards whose files are read at once: most of the time of small ones is waiting. */
const SUMMED_AT_ONCE = 8;
const MAX_LIST_BYTES = 2 ** 30;

/** @throws ScaleError `RUN_INCOMPLETE`, `SHARD_…`; DataError `IMAGES_REJECTED`, `EVENTS_…`; FileError */
export async function gatherRun(path: string, options: GatherRunOptions = {}): Promise<Gathered> {
  if (options.out !== undefined) eventFormat(options.out);
  return withRun(path, (place) => gather(place, options));
}

async function gather(place: RunPlace, options: GatherRunOptions): Promise<Gathered> {
  const known = await readPlan(place);
  const markers = await wholeMarkers(place, known);
  const sum = (of: 'rows' | 'rejected' | 'labelled' | 'correct') =>
    markers.reduce((total, marker) => total + marker[of], 0);
  const [rows, rejected] = [sum('rows'), sum('rejected')];
  await judge(place, known.plan, markers, rejected, options.maxRejected ?? DEFAULT_MAX_REJECTED);
  await checkSums(place, markers, options.onProgress);
  if (options.out !== undefined) await writeAll({ place, plan: known.plan, markers, rows }, options.out);
  const parts = markers.flatMap(({ shard, rows, part }) =>
    part === null ? [] : [{ name: partFile(shard), rows, ...part }],
  );
  // An array has no images that are rejected.
  if (known.plan.order !== 'rows') await putRejected(place, markers);
  await place.writeText(GATHERED, `${JSON.stringify({ run: known.run, rows, rejected, parts }, null, 1)}\n`);
  await place.removeAttempts();
  const shards = markers.length;
  return { run: known.run, rows, shards, rejected, labelled: sum('labelled'), correct: sum('correct') };
}

/** Bytes that are as many as they should be may be others. All damage is told, not the first alone. */
async function checkSums(place: RunPlace, markers: readonly Marker[], onProgress: GatherRunOptions['onProgress']) {
  const damage: ScaleError[] = [];
  let done = 0;
  for await (const found of orderedMap(markers, SUMMED_AT_ONCE, (marker) => damageOf(place, marker))) {
    damage.push(...found);
    onProgress?.(++done, markers.length);
  }
  throwDamage(damage);
}

async function damageOf(place: RunPlace, { shard, part, list }: Marker): Promise<ScaleError[]> {
  const files = [{ name: rejectedFile(shard), sha256: list.sha256 }];
  if (part !== null) files.push({ name: partFile(shard), sha256: part.sha256 });
  const damage: ScaleError[] = [];
  for (const { name, sha256 } of files) {
    const found = await sumOf(await place.open(name));
    if (found.sha256 === sha256) continue;
    const [is, says] = [found.sha256.slice(0, 12), sha256.slice(0, 12)];
    damage.push(
      new ScaleError('SHARD_DAMAGED', `${place.pathOf(name)}: has sha256 ${is}, its marker says ${says}`, {
        hint: `Delete it and its marker, and run shard ${shard} again.`,
      }),
    );
  }
  return damage;
}

/** Judged over all images: 1 % of a shard of 50 is none. */
async function judge(
  place: RunPlace,
  { source, images }: Plan,
  markers: readonly Marker[],
  rejected: number,
  most: MaxRejected,
): Promise<void> {
  if (rejected <= rejectionLimit(most, images) && rejected < images) return;
  const shard = markers.find((marker) => marker.rejected > 0)?.shard ?? 0;
  const list = await listOf(place, shard);
  const { message } = JSON.parse(list.slice(0, list.indexOf('\n'))) as { message: string };
  const found = { where: source.where, rejected, images, first: { message, hint: null } };
  throw tooManyRejected(found, most, place.pathOf('rejected'));
}

async function listOf(place: RunPlace, shard: number): Promise<string> {
  const bytes = await place.read(rejectedFile(shard), MAX_LIST_BYTES);
  return Buffer.from(bytes ?? []).toString('utf8');
}

interface WholeRun {
  place: RunPlace;
  plan: Plan;
  markers: readonly Marker[];
  /** As the markers say. */
  rows: number;
}

async function writeAll(run: WholeRun, out: string): Promise<void> {
  const remote = remoteFiles();
  try {
    await withEvents(run.place.run, { remote }, (events) => writeEvents(events, run, out));
  } finally {
    await remote.close();
  }
}

async function writeEvents(events: EventSource, { place, plan, markers, rows }: WholeRun, out: string): Promise<void> {
  const schema: EventTableSchema = { ...events.schema, images: sourceOf(plan, out) };
  const writer = await openEventWriter(out, schema);
  try {
    for await (const batch of events.batches()) await writer.write(batch);
    if (writer.rows !== rows) {
      const message = `${place.run}: ${writer.rows} rows in its parts, ${rows} by their markers`;
      throw new DataError('EVENTS_PARTS_DIFFER', message);
    }
    await writer.finish();
    // As `embed`, which makes no list of an array, and none that is empty.
    const list = rejectedPath(out);
    if (markers.some(({ rejected }) => rejected > 0)) await writeRejected(place, markers, list);
    else if (plan.order !== 'rows') await rm(list, { force: true });
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Beside the parts, for their readers. An earlier `gather`'s list may be of shards that were computed again. */
async function putRejected(place: RunPlace, markers: readonly Marker[]): Promise<void> {
  const attempt = await place.begin(GATHERED_LIST);
  try {
    const made = join(attempt.folder, ALL_REJECTED);
    await writeRejected(place, markers, made);
    await place.remove(ALL_REJECTED);
    await place.create(ALL_REJECTED, made);
  } finally {
    await attempt.end();
  }
}

async function writeRejected(place: RunPlace, markers: readonly Marker[], out: string): Promise<void> {
  await writeFileAtomically(out, async (file) => {
    for (const { shard, rejected } of markers) {
      if (rejected > 0) await file.write(Buffer.from(await listOf(place, shard)));
    }
  });
}

/** As `embed` would say it of a table at `out`: full paths if given so, or if this is another folder. */
function sourceOf(plan: Plan, out: string): EventTableSchema['images'] {
  const { origin, directory } = plan.source;
  const found = process.cwd() === directory ? origin : fullOrigin(plan);
  if (found !== null && 'array' in found) return arraySource(found.array, out, {});
  return filesSource(
    { origin: found },
    out,
    settingsOf(plan),
    preprocessingSchema.safeParse(plan.preprocessing).data?.range,
  );
}
