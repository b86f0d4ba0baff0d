/** Damages a file in one of the ways that disks, networks and attackers do. Equal random numbers give equal damage. */

export interface Mutation {
  bytes: Uint8Array;
  /** Description of the damage, for the message of a failing spec. */
  told: string;
}

/** A source of random choices. */
export interface Choices {
  /** Uniform integer, 0 to `n - 1`. */
  below(n: number): number;
}

/** Numbers that break arithmetic: none, one, the largest of signed and unsigned, of 16, 32 and 64 bits. */
const AWKWARD = [0n, 1n, 0x7fffn, 0xffffn, 0x7fff_ffffn, 0xffff_ffffn, 0x7fff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn];

const ways: Record<string, (bytes: Buffer, choices: Choices) => Buffer> = {
  'one bit flipped': (bytes, { below }) => {
    bytes[below(bytes.length)]! ^= 1 << below(8);
    return bytes;
  },
  'some bytes overwritten': (bytes, { below }) => {
    for (let i = 0; i < 8; i++) bytes[below(bytes.length)] = below(256);
    return bytes;
  },
  'an awkward number': (bytes, { below }) => {
    const value = AWKWARD[below(AWKWARD.length)]!;
    const length = Math.min([2, 4, 8][below(3)]!, bytes.length);
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(value);
    number.copy(bytes, below(bytes.length - length + 1), 0, length);
    return bytes;
  },
  'a digit changed': (bytes, { below }) => {
    const digits = [...bytes.keys()].filter((i) => bytes[i]! >= 0x30 && bytes[i]! <= 0x39);
    if (digits.length > 0) bytes[digits[below(digits.length)]!] = 0x30 + below(10);
    return bytes;
  },
  'cut short': (bytes, { below }) => bytes.subarray(0, below(bytes.length)),
  'a part left out': (bytes, { below }) => {
    const from = below(bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + below(64))]);
  },
  'a part twice': (bytes, { below }) => {
    const from = below(bytes.length);
    const to = from + 1 + below(64);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  'a part zeroed': (bytes, { below }) => {
    const from = below(bytes.length);
    return bytes.fill(0, from, Math.min(bytes.length, from + 1 + below(64)));
  },
};

/** Puts two in three choices near an end of the file, where most formats have their lengths and offsets. */
function towardsEnds(choices: Choices): Choices {
  return {
    below(n) {
      const window = Math.min(n, 512);
      const place = choices.below(3);
      if (place === 0) return choices.below(window);
      return place === 1 ? n - window + choices.below(window) : choices.below(n);
    },
  };
}

export function mutate(original: Uint8Array, choices: Choices): Mutation {
  const names = Object.keys(ways);
  const told = names[choices.below(names.length)]!;
  return { bytes: ways[told]!(Buffer.from(original), towardsEnds({ below: (n) => choices.below(n) })), told };
}
