/** Embeds the baseline's images with causes applied. */
import { applyCauses, type CauseSetting, type PixelBatch, prepareBatch, withChannels } from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { fairBatchSize } from '../embed/index.js';
import { type EmbeddedAll, embedAll } from '../sampled/index.js';
import type { BaselineImages } from './baseline-images.js';
import { CAUSE_SEED } from './changed-table.js';
import { ExplainError } from './explain-error.js';

/** @param onProgress called with how many images are done */
export function remake(
  embedder: Embedder,
  baseline: BaselineImages,
  causes: readonly CauseSetting[],
  onProgress: (done: number) => void,
): Promise<EmbeddedAll> {
  return embedAll(embedder, batches(embedder, baseline, causes), baseline.images.length, (_, done) => onProgress(done));
}

async function* batches(
  embedder: Embedder,
  { images, where }: BaselineImages,
  causes: readonly CauseSetting[],
): AsyncGenerator<PixelBatch, void, undefined> {
  const { preprocessing } = embedder.config;
  const ready = async (row: number) => {
    const changed = applyCauses(await images.at(row), causes, CAUSE_SEED, row);
    return prepareBatch({ rows: 1, ...changed }, preprocessing, where);
  };
  const { height, width } = await ready(0);
  const size = fairBatchSize(embedder, images.length, height, width);
  for (let first = 0; first < images.length; first += size) {
    const rows = Math.min(size, images.length - first);
    const data = new Uint8Array(rows * height * width * 3);
    for (let i = 0; i < rows; i++) {
      const image = await ready(first + i);
      if (image.height !== height || image.width !== width) {
        const sizes = `${height} × ${width} and ${image.height} × ${image.width}`;
        throw new ExplainError('EXPLAIN_SIZES', `${where}: images of ${sizes} pixels, one size is needed`, {
          hint: 'Convert the model with --resize and --crop.',
        });
      }
      data.set(image.data, i * height * width * 3);
    }
    yield withChannels({ rows, height, width, data }, preprocessing.mean.length, where);
  }
}
