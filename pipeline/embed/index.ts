/** A separate entry for the `embed` command. Loading the rest takes as long as embedding a few images. */

export type { EmbedImagesOptions } from '../options/index.js';
export { arraySource, namedArray, openArray } from './array-input.js';
export { type EmbedSummary, embedArray, embedImages, embedListing, labelOptions } from './embed-images.js';
export { checkEmbedder, type PreparedBatch, refuseOptionsOfArrays, refuseOptionsOfFiles } from './embed-input.js';
export { imageFacts, lookColumns } from './image-facts.js';
export { filesSource, openSourceListing } from './listing-input.js';
export { fairBatchSize } from './queue.js';
export {
  DEFAULT_MAX_REJECTED,
  isRejection,
  type MaxRejected,
  rejectedPath,
  rejectionLimit,
  tooManyRejected,
} from './rejections.js';
export { remoteFiles } from './remote-files.js';
