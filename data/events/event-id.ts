/** The stable identity of an event: the same image through the same weights has the same id, however often it is made. */
import { hash } from 'node:crypto';

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
  return eventIdsOf(datasetName, weightsSha256)(rowKey);
}

/** The same for many rows of one data set. */
export function eventIdsOf(datasetName: string, weightsSha256: string): (rowKey: string | number) => string {
  const before = Buffer.concat([field(DOMAIN), field(datasetName)]);
  const after = field(weightsSha256);
  return (rowKey) => hash('sha256', Buffer.concat([before, field(String(rowKey)), after]), 'hex').slice(0, 32);
}

function field(text: string): Buffer {
  const length = Buffer.byteLength(text, 'utf8');
  const bytes = Buffer.allocUnsafe(4 + length);
  bytes.writeUInt32LE(length);
  bytes.write(text, 4, 'utf8');
  return bytes;
}
