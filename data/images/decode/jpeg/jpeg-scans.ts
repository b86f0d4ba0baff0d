/**
 * Which parts of a JPEG image its scans contain. libjpeg decodes an image of which scans are missing without a warning,
 * and smooths it in a way that differs between versions.
 */
import { broken, type ImagePlace } from '../image-error.js';
import { type JpegHeader, nextMarker, segmentAt } from './jpeg-header.js';

export interface JpegScans {
  count: number;
  /** Whether every coefficient of every component is there in full precision. */
  complete: boolean;
}

const SOS = 0xda;
const EOI = 0xd9;
const COEFFICIENTS = 64;
const isRestart = (type: number) => type >= 0xd0 && type <= 0xd7;
const isProgressive = (process: number) => (process & 3) === 2;

/** Reads the headers of all scans up to the end of the image. Entropy-coded data is skipped. */
export function jpegScans(bytes: Buffer, header: JpegHeader, place: ImagePlace): JpegScans {
  /** By component: a byte a coefficient, 1 where its last bit has come. */
  const arrived = new Map(header.components.map(({ id }) => [id, new Uint8Array(COEFFICIENTS)]));
  let count = 0;
  let at = header.firstScan;
  for (;;) {
    const marker = nextMarker(bytes, at);
    const type = marker === -1 ? EOI : bytes[marker + 1]!;
    if (type === EOI) break;
    at = marker + 2;
    if (isRestart(type)) continue;
    if (type === SOS) {
      count++;
      takeScan(segmentAt(bytes, marker, place), header, arrived, place);
    } else if (at + 2 <= bytes.length) at += bytes.readUInt16BE(at);
  }
  return { count, complete: [...arrived.values()].every((coefficients) => coefficients.every((there) => there === 1)) };
}

function takeScan(
  segment: Buffer,
  { process }: JpegHeader,
  arrived: ReadonlyMap<number, Uint8Array>,
  place: ImagePlace,
): void {
  const components = segment[0] ?? 0;
  if (segment.length < 4 + 2 * components) throw broken(place, `a scan header of ${segment.length} bytes`);
  const [first, last, bits] = segment.subarray(1 + 2 * components);
  const [from, to] = isProgressive(process) ? [first!, last!] : [0, COEFFICIENTS - 1];
  if (isProgressive(process) && (bits! & 15) !== 0) return;
  for (let i = 0; i < components; i++) arrived.get(segment[1 + 2 * i]!)?.fill(1, from, to + 1);
}
