/** Embeds the images of one shard, as the plan has them: by its listing, or rows of its files. */
import type { Embedder } from '../../engine/index.js';
import { writeFileAtomically } from '../../files/index.js';
import type { KnownPlan, RunPlace } from '../../scale/index.js';
import {
  type EmbedImagesOptions,
  type EmbedSummary,
  embedArray,
  embedListing,
  rejectedPath,
  remoteFiles,
} from '../embed/index.js';
import { pinnedListing } from './pinned-listing.js';
import { rowsListing } from './rows-listing.js';
import { settingsOf } from './settings.js';

/** @throws as `embedShards` */
export async function embedShardImages(
  embedder: Embedder,
  place: RunPlace,
  known: KnownPlan,
  shard: number,
  out: string,
  options: Pick<EmbedImagesOptions, 'cache' | 'onNotice' | 'onProgress'>,
): Promise<EmbedSummary> {
  const { plan } = known;
  const settings = { ...settingsOf(plan), ...options, saveEvery: 0 };
  if (plan.rows === null) {
    return embedListing(embedder, pinnedListing(place, known, shard, remoteFiles(options)), out, settings);
  }
  if (plan.order === 'keys as bytes') {
    const listing = await rowsListing(embedder, plan, plan.rows, shard, remoteFiles(options));
    return embedListing(embedder, listing, out, settings);
  }
  const [file] = plan.rows.files;
  const summary = await embedArray(embedder, file!, plan.shards[shard]!, out, settings);
  // An array has no images that are rejected, and each shard has a list of them.
  await writeFileAtomically(rejectedPath(out), async () => {});
  return summary;
}
