/** `convert/recognition/timm-networks.txt` for another version of timm: what the file says of the names that it has stays. */
import { findBodies } from '../../../convert/recognition/find-bodies.js';
import { fingerprintOf, timmTable } from '../../../convert/recognition/timm.js';
import { type Header, headersOf } from './headers.js';

const WIDTH = 118;
/** A body of fewer tensors is a part of another network. */
const LEAST = 0.5;

export async function printTable(python: string, from: string | null): Promise<void> {
  const known = new Map(timmTable().lines.map((line) => [line.split(' ')[0]!, line.split(' ').slice(2).join(' ')]));
  const lines: string[] = [];
  const others: string[] = [];
  for await (const header of headersOf(python, 'timm', from)) {
    const fingerprint = fingerprintIn(header);
    if (fingerprint === null) others.push(header.name);
    else lines.push([header.name, fingerprint, known.get(header.name) ?? '- it was not compared'].join(' ').trim());
  }
  console.log(lines.join('\n'));
  console.log(`\n${wrapped(others).join('\n')}`);
}

/** Null where the tensors are of no family here. */
function fingerprintIn({ name, tensors }: Header): string | null {
  const shapes = new Map(Object.entries(tensors ?? {}).filter(([tensor]) => !tensor.endsWith('num_batches_tracked')));
  // The heads do not matter here.
  const { whole } = findBodies(shapes, { library: 'timm', architecture: name, forward: { heads: 1 } });
  const body = whole.find(({ prefix, names }) => prefix === '' && names.size > LEAST * shapes.size);
  return body === undefined ? null : fingerprintOf(body);
}

function wrapped(words: readonly string[]): string[] {
  const lines = [''];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
