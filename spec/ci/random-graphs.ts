/** Descriptions of random graphs as JSON: `node dist/spec/ci/random-graphs.js COUNT [FIRST SEED [WIDE ONES [TOKENS]]]`. */
import { randomGraph, wideGraph } from '../support/random-graph.js';
import { tokenGraph } from '../support/token-graph.js';

const [count = 200, first = 1, wide = 0, tokens = 0] = process.argv.slice(2).map(Number);
const graphs = [
  ...Array.from({ length: count }, (_, i) => randomGraph(first + i)),
  ...Array.from({ length: wide }, (_, i) => wideGraph(first + i)),
  ...Array.from({ length: tokens }, (_, i) => tokenGraph(first + i)),
];
process.stdout.write(`[\n${graphs.map((graph) => JSON.stringify(graph)).join(',\n')}\n]\n`);
