/** How far a run is. */
import type { RunPlace } from '../place/run-place.js';
import type { KnownPlan } from '../plan/plan.js';
import type { ScaleError } from '../scale-error.js';
import { shardsText } from './choose-shards.js';
import { lookAtShards } from './look-at-shards.js';
import { FAILURES, type Failure, type Marker, readFailure } from './marker.js';

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
  /** Shards that are not done. */
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
  const sum = (of: (marker: Marker) => number) => done.reduce((total, marker) => total + of(marker), 0);
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
    rows: sum(({ rows }) => rows),
    rejected: sum(({ rejected }) => rejected),
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
