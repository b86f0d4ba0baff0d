export {
  type EmbeddedAll,
  embedAll,
  SAMPLE_OPTIONS,
  SAMPLE_STREAM,
  type Sampled,
  type SampleOptions,
  sampledImages,
} from './sampled-images.js';
