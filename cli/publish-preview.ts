/** The dry run of a publish, for people. */
import type { PublishPreview } from '../fiddler/publish/index.js';
import { print, printLines } from './output.js';
import { writeProblem } from './publish-watch.js';
import { formatTable } from './table.js';

export function printPreview(preview: PublishPreview, checkedAgainstModel: boolean): void {
  const lines = preview.chunks.map(({ chunk, file, requests }) => [
    requests.map(({ method, path }) => `${method} ${path}`).join(', '),
    file,
    chunk.rows.toLocaleString('en'),
    requests.map(({ bytes }) => bytes.toLocaleString('en')).join(' + '),
    chunk.times === null ? '' : new Date(chunk.times.from).toISOString(),
    chunk.times === null ? '' : new Date(chunk.times.to).toISOString(),
  ]);
  printLines(formatTable(['request', 'events', '>rows', '>bytes', 'from', 'to'], lines));
  printLines(`\n${preview.rows.toLocaleString('en')} events, ${preview.bytes.toLocaleString('en')} bytes; first rows:`);
  for (const row of preview.firstRows) print(JSON.stringify(row));
  print('');
  if (!checkedAgainstModel) print('Not checked against the model: FIDDLER_URL is not set.');
  for (const problem of preview.problems) writeProblem(process.stdout, problem);
  if (preview.problems.length === 0) print('Nothing wrong was found. Nothing was sent.');
  else print('Nothing was sent.');
}
