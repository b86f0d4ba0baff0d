/** Graphs that weights have with them. It has an index of its own, since threads that run a network get it as it is. */
export { graphOf, networkGraph, storedGraph } from './stored-graph.js';
