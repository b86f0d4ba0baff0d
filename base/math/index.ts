/**
 * Functions of Math whose last digit ECMAScript leaves to engines: with these, verdicts and events have the same bits in
 * all of them. Values are those of Node 20 (`expm1` and `tanh`: to 5 ulp; `sin` and `cos` of more than 800,000 are the
 * engine's). `+ − · /`, `sqrt`, squares and powers of two are exact everywhere.
 *
 * After fdlibm, © 1993 Sun Microsystems, Inc.: "Developed at SunSoft, a Sun Microsystems, Inc. business. Permission to
 * use, copy, modify, and distribute this software is freely granted, provided that this notice is preserved."
 */
export { atan2, cos, hypot, sin } from './circle.js';
export { asinh, exp, expm1, log, log1p, tanh } from './exponentials.js';
export { pow } from './power.js';
export { binaryExponent } from './words.js';
