import { crc32 } from 'node:zlib';
import { Random } from '../../base/index.js';

/** Damages a file in one of the ways that disks, networks and attackers do. Equal random numbers give equal damage. */

export interface Mutation {
  bytes: Uint8Array;
  /** Description of the damage, for the message of a failing spec. */
  told: string;
}

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

// Damages an archive by a seed. Two in three zip files are damaged in the fields of their headers, or in a member whose
// checksum is then repaired, because every reader would stop at it. Others go to `mutate`.

export interface Mutant {
  bytes: Buffer;
  mutation: string;
  /** Whether the file's own checksums still hold, so the damage can reach the result. */
  repaired: boolean;
}

/** Lengths, counts and offsets that readers trip over. */
const EXTREMES = [0n, 1n, 0x7fn, 0xffn, 0x7fffn, 0xffffn, 0x7fffffffn, 0xffffffffn, 2n ** 53n, 2n ** 64n - 1n];

export function mutateArchive(original: Uint8Array, seed: number): Mutant {
  const random = new Random(seed);
  const copy = Buffer.from(original);
  const members = zipMembers(copy);
  const way = random.below(3);
  if (members.length > 0 && way === 0) return { ...damageZipHeader(copy, members, random), repaired: false };
  const canRepair = members.some((member) => member.stored && member.size > 4);
  if (canRepair && way === 1) return { ...damageMember(copy, members, random), repaired: true };
  const { bytes, told } = mutate(original, random);
  return { bytes: Buffer.from(bytes), mutation: told, repaired: members.length === 0 };
}

function flipBits(bytes: Buffer, random: Random) {
  const places = Array.from({ length: 1 + random.below(3) }, () => random.below(bytes.length));
  for (const place of places) bytes[place]! ^= 1 << random.below(8);
  return { bytes, mutation: `a bit flipped in bytes ${places.join(', ')}` };
}

function copyWithin(bytes: Buffer, random: Random) {
  const [from, to, length] = [random.below(bytes.length), random.below(bytes.length), 1 + random.below(64)];
  bytes.copy(bytes, to, from, from + length);
  return { bytes, mutation: `${length} bytes copied from ${from} to ${to}` };
}

function setWord(bytes: Buffer, random: Random) {
  const size = pick(random, [1, 2, 4, 8]);
  const at = random.below(Math.max(1, bytes.length - size));
  const value = BigInt.asUintN(size * 8, pick(random, EXTREMES));
  writeWord(bytes, at, size, value);
  return { bytes, mutation: `${size}-byte word at ${at} set to ${value}` };
}

function swapWords(bytes: Buffer, random: Random) {
  const [a, b] = [random.below(bytes.length - 4), random.below(bytes.length - 4)];
  const [first, second] = [bytes.readUInt32LE(a), bytes.readUInt32LE(b)];
  bytes.writeUInt32LE(second, a);
  bytes.writeUInt32LE(first, b);
  return { bytes, mutation: `words at ${a} and ${b} swapped` };
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)]!;
}

interface Member {
  /** Offsets of its directory entry and of its local header. */
  entry: number;
  header: number;
  data: number;
  size: number;
  stored: boolean;
}

/** Fields of a directory entry: offset and size (APPNOTE 4.3.12). */
const ENTRY_FIELDS = {
  flags: [8, 2],
  method: [10, 2],
  crc: [16, 4],
  compressed: [20, 4],
  size: [24, 4],
  nameLength: [28, 2],
  extraLength: [30, 2],
  commentLength: [32, 2],
  offset: [42, 4],
} as const;

function damageZipHeader(bytes: Buffer, members: readonly Member[], random: Random) {
  const [one, other] = [pick(random, members), pick(random, members)];
  const kind = random.below(4);
  if (kind === 0) {
    bytes.copy(bytes, one.entry + 42, other.entry + 42, other.entry + 46);
    return { bytes, mutation: `the member listed at ${one.entry} begins where that of ${other.entry} does` };
  }
  if (kind === 1) {
    const added = bytes.subarray(one.entry, members.find((m) => m.entry > one.entry)?.entry ?? bytes.length - 22);
    const end = bytes.length - 22;
    const result = Buffer.concat([bytes.subarray(0, end), added, bytes.subarray(end)]);
    result.writeUInt16LE(members.length + 1, result.length - 12);
    result.writeUInt32LE(bytes.readUInt32LE(end + 12) + added.length, result.length - 10);
    return { bytes: result, mutation: `the member listed at ${one.entry} is listed twice` };
  }
  if (kind === 2) {
    const at = bytes.length - 22 + pick(random, [8, 10, 12, 16, 20]);
    const value = pick(random, EXTREMES);
    writeWord(bytes, at, 2, value);
    return { bytes, mutation: `field at ${at} of the end record set to ${value}` };
  }
  const [name, [offset, size]] = pick(random, Object.entries(ENTRY_FIELDS));
  const value = pick(random, EXTREMES);
  writeWord(bytes, one.entry + offset, size, value);
  return { bytes, mutation: `${name} of the member listed at ${one.entry} set to ${value}` };
}

/** Changes the bytes of a stored member and repairs its checksum. */
function damageMember(bytes: Buffer, members: readonly Member[], random: Random) {
  const stored = members.filter((member) => member.stored && member.size > 4);
  const member = pick(random, stored);
  const inside = bytes.subarray(member.data, member.data + member.size);
  const { mutation } = pick(random, [flipBits, flipBits, copyWithin, setWord, swapWords])(inside, random);
  const sum = crc32(inside);
  bytes.writeUInt32LE(sum, member.entry + 16);
  bytes.writeUInt32LE(sum, member.header + 14);
  return { bytes, mutation: `member at ${member.data}: ${mutation}, checksum repaired` };
}

/** Only for well-formed files without a comment, like the fixtures. */
function zipMembers(bytes: Buffer): Member[] {
  const members: Member[] = [];
  if (bytes.length < 22 || bytes.readUInt32LE(bytes.length - 22) !== 0x06054b50) return members;
  const count = bytes.readUInt16LE(bytes.length - 12);
  let entry = bytes.readUInt32LE(bytes.length - 6);
  for (let i = 0; i < count; i++) {
    const header = bytes.readUInt32LE(entry + 42);
    members.push({
      entry,
      header,
      data: header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28),
      size: bytes.readUInt32LE(entry + 20),
      stored: bytes.readUInt16LE(entry + 10) === 0,
    });
    entry += 46 + bytes.readUInt16LE(entry + 28) + bytes.readUInt16LE(entry + 30) + bytes.readUInt16LE(entry + 32);
  }
  return members;
}

function writeWord(bytes: Buffer, at: number, size: number, value: bigint): void {
  for (let i = 0; i < size && at + i < bytes.length; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
}
