/**
 * Numbers that TypeScript and Python (`spec/fixtures/engine/executor/pseudo_random.py`) generate alike, so fixtures
 * hold outputs without weights. A hash of name and index; not for statistics.
 */

/** FNV-1a, 32 bits, of the name's UTF-8 bytes. */
function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** MurmurHash3's finaliser: 32 bits in, 32 well-mixed bits out. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** `size` values, `low + (high - low) · mix(seed + i · 0x9e3779b9) / 2³²`, rounded to float32 at the end. */
export function uniform(name: string, size: number, low: number, high: number): Float32Array {
  const seed = seedOf(name);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    values[i] = low + (high - low) * (mix((seed + Math.imul(i, 0x9e3779b9)) | 0) / 2 ** 32);
  }
  return values;
}

/** `size` pixels: the top 8 bits of the same hash. */
export function pixels(name: string, size: number): Uint8Array {
  const seed = seedOf(name);
  const values = new Uint8Array(size);
  for (let i = 0; i < size; i++) values[i] = mix((seed + Math.imul(i, 0x9e3779b9)) | 0) >>> 24;
  return values;
}
