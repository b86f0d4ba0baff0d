export { checkSeed, Random } from './random.js';
export { RandomError } from './random-error.js';
