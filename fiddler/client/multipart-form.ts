/**
 * Bodies of multipart/form-data (RFC 7578), built in one piece. Their length is known, which some proxies require, and
 * they can be sent again. The file's part has no Content-Type, as in the official client.
 */
import { randomBytes } from 'node:crypto';
import type { RequestBody } from './request.js';

export interface FormFile {
  filename: string;
  bytes: number;
  /** Writes the contents into `target`, which has exactly their length. */
  fill(target: Uint8Array): Promise<void>;
}

/** A form whose first field is `file`, followed by plain fields. */
export async function formBody(file: FormFile, fields: Record<string, string> = {}): Promise<RequestBody> {
  // 128 random bits: a collision with the contents is practically impossible.
  const boundary = `image-drift-${randomBytes(16).toString('hex')}`;
  const disposition = `form-data; name="file"; filename="${escaped(file.filename)}"`;
  const head = Buffer.from(`--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\n`);
  const rest = Object.entries(fields).map(
    ([name, value]) => `\r\n--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"\r\n\r\n${value}`,
  );
  const tail = Buffer.from(`${rest.join('')}\r\n--${boundary}--\r\n`);
  const bytes = new Uint8Array(head.length + file.bytes + tail.length);
  bytes.set(head, 0);
  await file.fill(bytes.subarray(head.length, head.length + file.bytes));
  bytes.set(tail, head.length + file.bytes);
  return { contentType: `multipart/form-data; boundary=${boundary}`, bytes };
}

/** Escapes as browsers do (WHATWG HTML, multipart/form-data encoding). */
function escaped(text: string): string {
  return text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
