import type { RunPlace } from '../place/run-place.js';
import type { KnownPlan, Plan } from '../plan/plan.js';
import { ScaleError } from '../scale-error.js';
import { shardsText } from './choose-shards.js';
import {
  FAILURES,
  type Failure,
  MARKERS,
  type Marker,
  markerFile,
  PARTS,
  partFile,
  REJECTED,
  readFailure,
  readMarker,
  rejectedFile,
} from './marker.js';

/** A shard that takes so many times as long as half of the others is one to look at; short ones vary. */
const SLOW = 3;
const SLOW_SECONDS = 60;

export interface RunningShard {
  shard: number;
  /** Since it began, or was last begun: whether its task still lives is not known here. */
  seconds: number;
}

export interface RunStatus {
  run: string;
  shards: number;
  done: number;
  missing: number[];
  /** The same as `--array` and `--only` take it. */
  missingText: string;
  /** Why the last task failed, for each missing shard that has one. */
  failed: Failure[];
  running: RunningShard[];
  /** The running ones that take much longer than others did. */
  stragglers: number[];
  images: number;
  rows: number;
  rejected: number;
  /** Images a second of the whole run, from the first task to now or the end; null before a shard is done. */
  rate: number | null;
  secondsLeft: number | null;
  damage: ScaleError[];
}

/** @param now milliseconds since 1970 */
export async function runStatus(place: RunPlace, known: KnownPlan, now: number): Promise<RunStatus> {
  const { markers, damage } = await lookAtShards(place, known);
  const done = markers.filter((marker) => marker !== null);
  const missing = markers.flatMap((marker, shard) => (marker === null ? [shard] : []));
  const running = await runningShards(place, new Set(missing), now);
  const sum = (of: 'rows' | 'rejected') => done.reduce((total, marker) => total + marker[of], 0);
  const rate = rateOf(done, running.length > 0 ? now : null);
  const imagesLeft = missing.reduce((total, shard) => total + known.plan.shards[shard]!.images, 0);
  const slow = Math.max(SLOW_SECONDS, SLOW * median(done.map(({ seconds }) => seconds)));
  return {
    run: known.run,
    shards: markers.length,
    done: done.length,
    missing,
    missingText: shardsText(missing),
    failed: await failures(place, new Set(missing), known.run),
    running,
    stragglers: running.filter(({ seconds }) => done.length > 0 && seconds > slow).map(({ shard }) => shard),
    images: known.plan.images,
    rows: sum('rows'),
    rejected: sum('rejected'),
    rate,
    secondsLeft: rate === null ? null : imagesLeft / rate,
    damage,
  };
}

async function runningShards(place: RunPlace, missing: ReadonlySet<number>, now: number): Promise<RunningShard[]> {
  const begun = new Map<number, number>();
  for (const { name, began } of await place.attempts()) {
    const shard = /^\d+$/.test(name) ? Number(name) : -1;
    if (missing.has(shard)) begun.set(shard, Math.max(began, begun.get(shard) ?? 0));
  }
  return [...begun]
    .map(([shard, began]) => ({ shard, seconds: Math.max(0, (now - began) / 1000) }))
    .sort((a, b) => a.shard - b.shard);
}

async function failures(place: RunPlace, missing: ReadonlySet<number>, run: string): Promise<Failure[]> {
  const found: Failure[] = [];
  for (const name of [...(await place.list(FAILURES)).keys()].sort()) {
    const shard = Number.parseInt(name, 10);
    const failure = missing.has(shard) ? await readFailure(place, shard) : null;
    if (failure !== null && failure.run === run) found.push(failure);
  }
  return found;
}

/** @param until milliseconds since 1970; null for the end of the last shard */
function rateOf(done: readonly Marker[], until: number | null): number | null {
  if (done.length === 0) return null;
  const ends = done.map(({ finished }) => Date.parse(finished));
  const begins = done.map(({ seconds }, i) => ends[i]! - 1000 * seconds);
  const last = until ?? ends.reduce((a, b) => Math.max(a, b));
  const seconds = (last - begins.reduce((a, b) => Math.min(a, b))) / 1000;
  return seconds > 0 ? done.reduce((total, { images }) => total + images, 0) / seconds : null;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Bytes of a file of the run; null where there is none. */
type SizeOf = (name: string) => Promise<number | null>;

const AT_ONCE = 64;

export interface ShardStates {
  /** By number of the shard; null where it is not done. */
  markers: (Marker | null)[];
  damage: ScaleError[];
}

export async function lookAtShards(place: RunPlace, { plan, run }: KnownPlan): Promise<ShardStates> {
  const [markers, parts, lists] = await Promise.all([place.list(MARKERS), place.list(PARTS), place.list(REJECTED)]);
  const folders: Record<string, ReadonlyMap<string, number>> = {
    [MARKERS]: markers,
    [PARTS]: parts,
    [REJECTED]: lists,
  };
  const sizeOf = async (name: string) => {
    const [folder, file] = name.split('/') as [string, string];
    return folders[folder]?.get(file) ?? null;
  };
  const states: ShardStates = { markers: [], damage: [] };
  for (let first = 0; first < plan.shards.length; first += AT_ONCE) {
    const some = plan.shards.slice(first, first + AT_ONCE).map((_, i) => first + i);
    const looked = await Promise.allSettled(some.map((shard) => lookAt(place, plan, run, shard, sizeOf)));
    for (const one of looked) {
      if (one.status === 'fulfilled') states.markers.push(one.value);
      else if (one.reason instanceof ScaleError) {
        states.markers.push(null);
        states.damage.push(one.reason);
      } else throw one.reason;
    }
  }
  states.damage.push(...unknownFiles(place, plan, parts));
  return states;
}

/** Null where it is not done. @throws ScaleError `MARKER_INVALID`, `SHARD_OF_OTHER_RUN`, `SHARD_DAMAGED` */
export async function wholeShard(place: RunPlace, { plan, run }: KnownPlan, shard: number): Promise<Marker | null> {
  return lookAt(place, plan, run, shard, (name) => place.size(name));
}

async function lookAt(place: RunPlace, plan: Plan, run: string, shard: number, sizeOf: SizeOf): Promise<Marker | null> {
  if ((await sizeOf(markerFile(shard))) === null) return null;
  const marker = await readMarker(place, shard, run);
  if (marker === null) return null;
  checkImages(place, plan, shard, marker);
  checkSize(place, partFile(shard), marker.part?.bytes ?? null, await sizeOf(partFile(shard)));
  checkSize(place, rejectedFile(shard), marker.list.bytes, await sizeOf(rejectedFile(shard)));
  return marker;
}

function checkImages(place: RunPlace, { shards }: Plan, shard: number, { images, rows, rejected }: Marker): void {
  const planned = shards[shard]!.images;
  if (images === planned && rows + rejected === planned) return;
  const message = `${place.pathOf(markerFile(shard))}: ${rows} rows and ${rejected} rejected images, the plan has ${planned}`;
  throw new ScaleError('SHARD_DAMAGED', message);
}

/** @param wanted bytes; null where there must be no such file @param found bytes; null where there is none */
function checkSize(place: RunPlace, name: string, wanted: number | null, found: number | null): void {
  if (found === wanted) return;
  const is = found === null ? 'is missing' : `has ${found.toLocaleString('en')} bytes`;
  const says = wanted === null ? 'no such file' : `${wanted.toLocaleString('en')} bytes`;
  const hint = `Delete the marker ${place.pathOf(name.replace(/^[^/]*/, MARKERS).replace(/\.[^.]*$/, '.json'))} and this file, and run the shard again.`;
  throw new ScaleError('SHARD_DAMAGED', `${place.pathOf(name)}: ${is}, its marker says ${says}`, { hint });
}

/** A part that no shard of the plan has would be read as one by whoever reads the folder. */
function unknownFiles(place: RunPlace, { shards }: Plan, parts: ReadonlyMap<string, number>): ScaleError[] {
  const known = new Set(shards.map((_, shard) => partFile(shard)));
  const unknown = [...parts.keys()].map((name) => `${PARTS}/${name}`).filter((name) => !known.has(name));
  const hint = 'Move it away: parts is read as one table.';
  return unknown.map((name) => {
    const message = `${place.pathOf(name)}: the plan has ${shards.length} shards, and no such part`;
    return new ScaleError('SHARD_UNPLANNED', message, { hint });
  });
}
