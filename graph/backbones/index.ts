/**
 * The families of networks known by name. They have an index of their own, since threads that run a network do not need
 * them.
 */
export { type Backbone, type Head, imagenetPreprocessing } from './backbone.js';
export { featuresOf } from './families.js';
export { hiddenSizes } from './head.js';
export { STAGES as MOBILENET_V2_STAGES } from './mobilenet-v2.js';
export {
  backbone,
  backboneNames,
  buildGraph,
  headModule,
  type NetworkSpec,
  networkSpec,
  usualTap,
} from './registry.js';
export { IMAGENET_STEM } from './resnet.js';
