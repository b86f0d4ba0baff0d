/** The stable identity of an event: the same image through the same weights has the same id, however often it is made. */
import { createHash } from 'node:crypto';

/** Keeps these ids apart from any other hash of the same fields, and allows another construction later. */
const DOMAIN = 'image-drift/event/1';

/**
 * 32 lower-case hex digits: the first 128 bits of SHA-256 over the four fields `image-drift/event/1`, data set, row key
 * and weights hash, each as UTF-8 preceded by its length in bytes (uint32, little endian), so that no two different
 * triples give the same bytes. Of a billion events two share an id with a chance below 1e-20.
 *
 * @param datasetName what the images are called together, e.g. `production_1`
 * @param rowKey what the image is called within: its row number in an npz, its path in a folder
 * @param weightsSha256 sha256 of the weights, as hex
 */
export function eventId(datasetName: string, rowKey: string | number, weightsSha256: string): string {
  const hash = createHash('sha256');
  for (const field of [DOMAIN, datasetName, String(rowKey), weightsSha256]) {
    const bytes = Buffer.from(field, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.byteLength);
    hash.update(length).update(bytes);
  }
  return hash.digest('hex').slice(0, 32);
}
