/**
 * The families of networks known by name. They have an index of their own, since threads that run a network do not need
 * them.
 */
export { type Backbone, type Head, imagenetPreprocessing } from './backbone.js';
export { backbone, backboneNames, buildGraph, type NetworkSpec } from './registry.js';
