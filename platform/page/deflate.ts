/** What is packed, by fflate. */
import { Inflate, zlibSync } from 'fflate';

const POLYNOMIAL = 0xedb88320;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? POLYNOMIAL ^ (value >>> 1) : value >>> 1;
  return value;
});

export function crc32(bytes: Uint8Array, before = 0): number {
  let sum = ~before;
  for (let i = 0; i < bytes.length; i++) sum = TABLE[(sum ^ bytes[i]!) & 255]! ^ (sum >>> 8);
  return ~sum >>> 0;
}

function failed(code: string, error?: unknown): Error {
  return Object.assign(new Error((error as Error | undefined)?.message ?? code), { code });
}

/** Pushes of so many bytes: what they give is at most a thousand times as long. */
const AT_ONCE = 2 ** 14;

export async function* inflateRaw(deflated: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let ready: Uint8Array[] = [];
  const inflater = new Inflate((chunk) => ready.push(chunk));
  try {
    for await (const bytes of deflated) {
      for (let at = 0; at < bytes.length; at += AT_ONCE) {
        inflater.push(bytes.slice(at, at + AT_ONCE));
        yield* ready;
        ready = [];
      }
    }
    inflater.push(new Uint8Array(0), true);
  } catch (error) {
    throw failed('Z_DATA_ERROR', error);
  }
  yield* ready;
}

const HEADER_BYTES = 2;
const IS_DEFLATE = 8;

/** The checksum at the end is not looked at: PNG's chunks, which have these bytes, have their own. */
export function inflate(bytes: Uint8Array, most: number, mayEndEarly: boolean): Uint8Array {
  const [method = 0, flags = 0] = bytes;
  if ((method & 15) !== IS_DEFLATE || (256 * method + flags) % 31 !== 0) throw failed('Z_DATA_ERROR');
  const all = new Uint8Array(most);
  let size = 0;
  let isTooLarge = false;
  let isWhole = false;
  const inflater = new Inflate((chunk, isLast) => {
    isWhole ||= isLast;
    isTooLarge ||= size + chunk.length > most;
    if (!isTooLarge) all.set(chunk, size);
    size += chunk.length;
  });
  try {
    for (let at = HEADER_BYTES; at < bytes.length && !isTooLarge; at += AT_ONCE)
      inflater.push(bytes.slice(at, at + AT_ONCE));
    if (!isTooLarge) inflater.push(new Uint8Array(0), true);
  } catch (error) {
    const code = (error as Error).message === 'unexpected EOF' ? 'Z_BUF_ERROR' : 'Z_DATA_ERROR';
    if (!(code === 'Z_BUF_ERROR' && mayEndEarly)) throw failed(code, error);
  }
  if (isTooLarge) throw failed('ERR_BUFFER_TOO_LARGE');
  if (!isWhole && !mayEndEarly) throw failed('Z_BUF_ERROR');
  return all.subarray(0, size);
}

export function deflate(bytes: Uint8Array): Uint8Array {
  return zlibSync(bytes, { level: 9 });
}

export const nativeCodecs: Partial<
  Record<'GZIP' | 'BROTLI' | 'ZSTD', (bytes: Uint8Array, size: number) => Uint8Array>
> = {};
