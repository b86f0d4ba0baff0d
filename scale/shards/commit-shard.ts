/**
 * Puts what a task has made of a shard in place: the list of rejected images, the part, and last the marker, which says that
 * the shard is done. A file that another task has put there stays. It must be the same, byte for byte.
 */
import { RandomAccessFile } from '../../files/index.js';
import type { RunPlace } from '../place/run-place.js';
import { ScaleError } from '../scale-error.js';
import { type FileSum, sumOf } from './file-sum.js';
import { failureFile, type Marker, markerFile, markerText, partFile, rejectedFile } from './marker.js';

/** What a task has made. */
export interface MadeShard {
  /** Path of the events; null where all images are rejected. */
  part: string | null;
  /** Path of the list of rejected images. */
  list: string;
}

/** What the marker says beside the sums of the files. */
export type ShardFacts = Omit<Marker, 'format' | 'part' | 'list'>;

/**
 * @param mayDiffer whether another task may have computed other bits: its files are then taken
 * @throws ScaleError `SHARD_DIFFERS`
 */
export async function commitShard(
  place: RunPlace,
  made: MadeShard,
  facts: ShardFacts,
  mayDiffer: boolean,
): Promise<void> {
  const { shard } = facts;
  const put = (name: string, path: string) => putFile(place, name, path, mayDiffer);
  const list = await put(rejectedFile(shard), made.list);
  const part = made.part === null ? null : await put(partFile(shard), made.part);
  await place.createText(markerFile(shard), markerText({ ...facts, part, list }));
  await place.remove(failureFile(shard));
}

async function putFile(place: RunPlace, name: string, path: string, mayDiffer: boolean): Promise<FileSum> {
  const own = await sumOf(await RandomAccessFile.open(path));
  if (await place.create(name, path)) return own;
  const other = await sumOf(await place.open(name));
  if (other.sha256 === own.sha256 || mayDiffer) return other;
  throw new ScaleError(
    'SHARD_DIFFERS',
    `${place.pathOf(name)}: is there already with ${other.bytes} bytes, sha256 ${other.sha256.slice(0, 12)}; ` +
      `this task made ${own.bytes} bytes, sha256 ${own.sha256.slice(0, 12)}`,
    { hint: 'It is damaged, or of another run or machine. Delete it, and run the shard again.' },
  );
}
