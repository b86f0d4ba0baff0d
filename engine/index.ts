export type { Activation, Conv2dAttrs, Graph, GraphNode, Op, Padding, Pool2dAttrs } from './graph.js';
