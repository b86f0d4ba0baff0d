/**
 * Hashes embeddings to 53-bit numbers. Equal values have equal keys; different ones look like independent random
 * numbers.
 *
 * Keys find rows that come more than once, and pick samples of different rows that can be merged (the smallest keys).
 * They are not for security. The hash is two lanes of MurmurHash3 (A. Appleby, public domain) with different seeds.
 * Among a million rows, the chance that two different ones share a key is about 1 in 18,000.
 */
import type { Matrix } from '../linear/matrix.js';

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);

/** The key of a row, from its values as float32; 0 and -0 are one value. */
export function rowKey({ data, columns }: Matrix, row: number, seed: number): number {
  let a = startOf(seed, 0x9e3779b9);
  let b = startOf(seed, 0x85ebca6b);
  const end = (row + 1) * columns;
  for (let i = row * columns; i < end; i++) {
    word[0] = data[i]! + 0;
    const value = bits[0]!;
    a = mixIn(a, value);
    b = mixIn(b, value);
  }
  return join(finish(a ^ columns), finish(b ^ columns));
}

/** The key of a whole number from 0 to 2^53 - 1. */
export function numberKey(value: number, seed: number): number {
  return wordsKey(Math.floor(value / 2 ** 32), value >>> 0, seed);
}

/** The key of a text, from its UTF-16 code units. */
export function textKey(text: string, seed: number): number {
  let a = startOf(seed, 0x165667b1);
  let b = startOf(seed, 0xd3a2646c);
  for (let i = 0; i < text.length; i++) {
    a = mixIn(a, text.charCodeAt(i));
    b = mixIn(b, text.charCodeAt(i));
  }
  return join(finish(a ^ text.length), finish(b ^ text.length));
}

/**
 * The key of a hash, from its first 16 hex digits: a number below 2^40, which takes five bytes in a file. -1 if they are
 * not hex digits.
 */
export function hashKey(hash: string): number {
  const [high, low] = [hexWord(hash, 0), hexWord(hash, 8)];
  return high < 0 || low < 0 ? -1 : Math.floor(wordsKey(high, low, 0) / 2 ** 13);
}

/** 0 to 15 by code of a hex digit; -1 for other characters. */
const HEX = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code | 32)));

/** Eight hex digits as a number; -1 if they are not hex digits. */
function hexWord(text: string, from: number): number {
  let word = 0;
  for (let at = from; at < from + 8; at++) {
    const digit = HEX[text.charCodeAt(at)] ?? -1;
    if (digit < 0) return -1;
    word = word * 16 + digit;
  }
  return word;
}

function wordsKey(high: number, low: number, seed: number): number {
  const a = mixIn(mixIn(startOf(seed, 0xc2b2ae35), low), high);
  const b = mixIn(mixIn(startOf(seed, 0x27d4eb2f), low), high);
  return join(finish(a), finish(b));
}

function startOf(seed: number, lane: number): number {
  return finish(mixIn(mixIn(lane, seed >>> 0), Math.floor(seed / 2 ** 32)));
}

function mixIn(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  k = hash ^ Math.imul(k, 0x1b873593);
  k = (k << 13) | (k >>> 19);
  return (Math.imul(k, 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Joins 64 bits to a number of 53. */
function join(high: number, low: number): number {
  return (high >>> 11) * 2 ** 32 + low;
}
