export {
  type EmbeddedAll,
  embedAll,
  SAMPLE_STREAM,
  type Sampled,
  type SampleOptions,
  sampledImages,
} from './sampled-images.js';
