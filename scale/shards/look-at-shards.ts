/** Which shards of a run are done, as far as sizes tell: nothing is read but the markers. */
import type { RunPlace } from '../place/run-place.js';
import type { KnownPlan, Plan } from '../plan/plan.js';
import { ScaleError } from '../scale-error.js';
import { MARKERS, type Marker, markerFile, PARTS, partFile, REJECTED, readMarker, rejectedFile } from './marker.js';

/** Bytes of a file of the run; null where there is none. */
type SizeOf = (name: string) => Promise<number | null>;

/** Markers that are read at once. */
const AT_ONCE = 64;

export interface ShardStates {
  /** By number of the shard; null where it is not done. */
  markers: (Marker | null)[];
  /** What is there, and not as it should be. */
  damage: ScaleError[];
}

export async function lookAtShards(place: RunPlace, { plan, run }: KnownPlan): Promise<ShardStates> {
  const [markers, parts, lists] = await Promise.all([place.list(MARKERS), place.list(PARTS), place.list(REJECTED)]);
  const all = new Map([...named(MARKERS, markers), ...named(PARTS, parts), ...named(REJECTED, lists)]);
  const sizeOf = async (name: string) => all.get(name) ?? null;
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

/**
 * The marker of a shard that is whole; null where it is not done.
 * @throws ScaleError `MARKER_INVALID`, `SHARD_OF_OTHER_RUN`, `SHARD_DAMAGED`
 */
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
  throw new ScaleError(
    'SHARD_DAMAGED',
    `${place.pathOf(markerFile(shard))}: ${rows} rows and ${rejected} rejected images, the plan has ${planned}`,
  );
}

/**
 * @param wanted bytes; null where there must be no such file
 * @param found bytes; null where there is none
 */
function checkSize(place: RunPlace, name: string, wanted: number | null, found: number | null): void {
  if (found === wanted) return;
  const is = found === null ? 'is missing' : `has ${found.toLocaleString('en')} bytes`;
  const says = wanted === null ? 'no such file' : `${wanted.toLocaleString('en')} bytes`;
  throw new ScaleError('SHARD_DAMAGED', `${place.pathOf(name)}: ${is}, its marker says ${says}`, {
    hint: `Delete the marker ${place.pathOf(name.replace(/^[^/]*/, MARKERS).replace(/\.[^.]*$/, '.json'))} and this file, and run the shard again.`,
  });
}

/** A part that no shard of the plan has would be read as one by whoever reads the folder. */
function unknownFiles(place: RunPlace, { shards }: Plan, parts: ReadonlyMap<string, number>): ScaleError[] {
  const known = new Set(shards.map((_, shard) => partFile(shard)));
  return [...parts.keys()]
    .filter((name) => !known.has(`${PARTS}/${name}`))
    .map(
      (name) =>
        new ScaleError(
          'SHARD_UNPLANNED',
          `${place.pathOf(`${PARTS}/${name}`)}: the plan has ${shards.length} shards, and no such part`,
          {
            hint: 'Move it away: parts is read as one table.',
          },
        ),
    );
}

function named(folder: string, sizes: ReadonlyMap<string, number>): [name: string, bytes: number][] {
  return [...sizes].map(([name, bytes]) => [`${folder}/${name}`, bytes]);
}
