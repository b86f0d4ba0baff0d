export { type EmbeddedAll, embedAll } from './embed-all.js';
export { SAMPLE_OPTIONS, SAMPLE_STREAM, type Sampled, type SampleOptions, sampledImages } from './sampled-images.js';
