/** Reads multipart/form-data strictly, by a program of its own. */
import type { IncomingHttpHeaders } from 'node:http';

export interface FormPart {
  name: string;
  headers: string;
  bytes: Buffer;
}

export function parseForm(headers: IncomingHttpHeaders, body: Buffer): FormPart[] {
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) throw new Error(`no form: ${headers['content-type']}`);
  const parts: FormPart[] = [];
  let at = `--${boundary}\r\n`.length;
  for (;;) {
    const headEnd = body.indexOf('\r\n\r\n', at);
    const end = body.indexOf(`\r\n--${boundary}`, headEnd);
    if (headEnd < 0 || end < 0) throw new Error('the form is cut off');
    const head = body.subarray(at, headEnd).toString();
    parts.push({ name: /name="([^"]*)"/.exec(head)?.[1] ?? '', headers: head, bytes: body.subarray(headEnd + 4, end) });
    at = end + `\r\n--${boundary}\r\n`.length;
    if (body.subarray(at - 2, at).toString() === '--') return parts;
  }
}
