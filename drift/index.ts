export { countNearest, type NearestCounts } from './assign.js';
export { DriftError } from './drift-error.js';
export { jensenShannonDistance, type LogBase, maximumJensenShannonDistance } from './jensen-shannon.js';
export { type KMeansOptions, type KMeansResult, kMeans, MAX_CLUSTERS } from './kmeans.js';
export type { Matrix } from './matrix.js';
export { Random } from './random.js';
