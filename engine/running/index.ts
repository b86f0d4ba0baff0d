/** A separate entry for what other rooms use of running work in order. */
export { orderedMap } from './ordered-map.js';
