/** The families of networks known by name, apart from `graph/index.ts`: threads that run networks need none. */
export { type Backbone, type Head, imagenetPreprocessing } from './backbone.js';
export { type Family, type Forward, type Hints, type Proposal, type Resized, STEMS, type Stem } from './family.js';
export { hiddenSizes } from './head.js';
export {
  backbone,
  backboneNames,
  buildGraph,
  FAMILIES,
  familyOf,
  featuresOf,
  headModule,
  type NetworkSpec,
  networkSpec,
  usualEmbedding,
  usualTap,
} from './registry.js';
export { LIBRARIES, type Library, type Place, type Shapes, type Spelling } from './spelling.js';
