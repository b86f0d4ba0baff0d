/** A separate entry for the comparison of a conversion with the program that the model comes from. */
export { conversionCheck } from './check-conversion.js';
export { CheckError } from './check-error.js';
