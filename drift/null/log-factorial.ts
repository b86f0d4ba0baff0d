/** ln n! for whole n: what the probabilities of drawn counts are made of. */

const TABLE = new Float64Array(4096);
for (let n = 1; n < TABLE.length; n++) TABLE[n] = TABLE[n - 1]! + Math.log(n);

const HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI);

/** Beyond the table Stirling's series (Abramowitz and Stegun, 6.1.41), exact to the last digits there. */
export function logFactorial(n: number): number {
  if (n < TABLE.length) return TABLE[n]!;
  const inverse = 1 / n;
  return (n + 0.5) * Math.log(n) - n + HALF_LOG_2_PI + inverse * (1 / 12 - (inverse * inverse) / 360);
}
