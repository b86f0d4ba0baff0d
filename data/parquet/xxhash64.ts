/**
 * XXH64 with seed 0 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), whose lower half is the content
 * checksum of a Zstandard frame. In BigInt: few writers add one, and it is only computed where one did.
 */
const MASK = 0xffff_ffff_ffff_ffffn;
const PRIME_1 = 0x9e37_79b1_85eb_ca87n;
const PRIME_2 = 0xc2b2_ae3d_27d4_eb4fn;
const PRIME_3 = 0x1656_67b1_9e37_79f9n;
const PRIME_4 = 0x85eb_ca77_c2b2_ae63n;
const PRIME_5 = 0x27d4_eb2f_1656_67c5n;
const STRIPE_BYTES = 32;

export function xxhash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash = PRIME_5;
  if (bytes.byteLength >= STRIPE_BYTES) {
    const lanes = [(PRIME_1 + PRIME_2) & MASK, PRIME_2, 0n, -PRIME_1 & MASK];
    for (; at + STRIPE_BYTES <= bytes.byteLength; at += STRIPE_BYTES) {
      for (let lane = 0; lane < 4; lane++) lanes[lane] = round(lanes[lane]!, view.getBigUint64(at + 8 * lane, true));
    }
    hash = [1n, 7n, 12n, 18n].reduce((sum, bits, lane) => (sum + rotated(lanes[lane]!, bits)) & MASK, 0n);
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4) & MASK;
  }
  return avalanche(tail(view, at, (hash + BigInt(bytes.byteLength)) & MASK));
}

/** The checksum at the end of a Zstandard frame: the low 32 bits of the hash of its content. */
export function zstdChecksum(bytes: Uint8Array): number {
  return Number(xxhash64(bytes) & 0xffff_ffffn);
}

function tail(view: DataView, from: number, start: bigint): bigint {
  let at = from;
  let hash = start;
  for (; at + 8 <= view.byteLength; at += 8) {
    hash = (rotated(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * PRIME_1 + PRIME_4) & MASK;
  }
  for (; at + 4 <= view.byteLength; at += 4) {
    hash = (rotated(hash ^ ((BigInt(view.getUint32(at, true)) * PRIME_1) & MASK), 23n) * PRIME_2 + PRIME_3) & MASK;
  }
  for (; at < view.byteLength; at++) {
    hash = (rotated(hash ^ ((BigInt(view.getUint8(at)) * PRIME_5) & MASK), 11n) * PRIME_1) & MASK;
  }
  return hash;
}

function round(lane: bigint, input: bigint): bigint {
  return (rotated((lane + input * PRIME_2) & MASK, 31n) * PRIME_1) & MASK;
}

function rotated(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}

function avalanche(hash: bigint): bigint {
  const first = ((hash ^ (hash >> 33n)) * PRIME_2) & MASK;
  const second = ((first ^ (first >> 29n)) * PRIME_3) & MASK;
  return second ^ (second >> 32n);
}
