import * as elementary from '../../base/math/index.js';

const value = new Float64Array(1);
const bits = new BigInt64Array(value.buffer);

/** A checksum of the bits of many values, whose arguments are products of integers. */
function checksum(of: (x: number, y: number) => number): number {
  let sum = 0;
  for (let i = 1; i <= 20_000; i++) {
    value[0] = of((((i * 7919) % 10_007) - 5003) / 1024, (((i * 104_729) % 20_011) - 9001) / 2048);
    sum = Math.imul(sum ^ Number(BigInt.asIntN(32, bits[0]! ^ (bits[0]! >> 32n))), 16_777_619);
  }
  return sum;
}

/** Checksums of Math's functions there. */
export const NODE_20 = {
  ...{ asinh: 1966645551, atan2: -379802776, cos: -410792462, exp: 1781297887, hypot: -46487465 },
  ...{ log: 480009248, log1p: 942251717, pow: 685960994, sin: 476907293 },
};

export function checksums(): Record<string, number> {
  const { asinh, atan2, cos, exp, hypot, log, log1p, pow, sin } = elementary;
  return {
    asinh: checksum(asinh),
    atan2: checksum(atan2),
    cos: checksum(cos),
    exp: checksum((x, y) => exp(x * y)),
    hypot: checksum(hypot),
    log: checksum((x) => log(Math.abs(x))),
    log1p: checksum((x) => log1p(Math.abs(x) - 0.5)),
    pow: checksum((x, y) => pow(Math.abs(x), y)),
    sin: checksum((x, y) => sin(x * y)),
  };
}
