/** A separate entry for counting correct predictions. The whole room is a hundred modules, which take long to load. */
export { predictedOf } from '../rows/tallies.js';
