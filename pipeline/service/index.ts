/** `image-drift/service`: one image in, an answer out, and every image counted. */
export type { OpenEmbedderOptions, RecorderOptions } from '../options/index.js';
export type { ImageOutputs } from './batches.js';
export {
  type EmbedCallOptions,
  type EmbeddedImage,
  type GivenImage,
  ImageEmbedder,
  openEmbedder,
  type Pixels,
} from './image-embedder.js';
export { Recorder } from './recorder.js';
export type { RecordedImage } from './recording.js';
export { ServiceError } from './service-error.js';
