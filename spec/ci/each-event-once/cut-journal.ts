/** The journal of 5,000 events, cut at any byte, is that of its last whole line; from some it is published. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Random } from '../../../base/index.js';
import { type PublishOptions, publishEvents } from '../../../fiddler/publish/index.js';
import { Journal } from '../../../fiddler/publish/journal/journal.js';
import { FakeFiddler } from '../../fiddler/publish/fake-fiddler.js';
import { modelOf, writeEvents } from '../../fiddler/publish/publish-support.js';
import { temporaryFolder } from '../../support/places.js';
import { counted, countStored, type Mode, newTally, type Tally } from './rounds.js';

const ROWS = 5_000;
const CHUNK_ROWS = 1_000;

/** @param offsets how many are published from, drawn by the seed; 0: every one */
export async function journalCut(mode: Mode, offsets: number, seed: number): Promise<Tally> {
  const start = Date.now() - 86_400_000;
  const timestamp = (row: number) => start + row * 1_000;
  const file = await writeEvents(temporaryFolder(), 'a', ROWS, { dimensions: 2, timestamp });
  const model = modelOf({ dimensions: 2 });
  const server = new FakeFiddler(model);
  const options: PublishOptions = {
    files: [file],
    model,
    environment: { type: 'PRODUCTION' },
    mode,
    rowsPerFile: CHUNK_ROWS,
    settleSeconds: 0.001,
    lagSeconds: 0.001,
  };
  const tally = newTally();
  await counted(tally, () => publishEvents(server.client(), options));
  const journal = `${file}.publish-production.jsonl`;
  const whole = readFileSync(journal);
  await assertWholeLines(journal, whole);
  const random = new Random(seed);
  const all = offsets === 0 || offsets >= whole.length;
  const cuts = all ? whole.keys() : random.sample(whole.length, offsets);
  for (const length of cuts) {
    writeFileSync(journal, whole.subarray(0, length));
    tally.cases++;
    await counted(tally, () => publishEvents(server.client(), options));
    if (server.stored.length !== ROWS) break;
  }
  countStored(tally, server.ids, ROWS);
  return tally;
}

async function assertWholeLines(path: string, whole: Buffer): Promise<void> {
  for (const length of whole.keys()) {
    const cut = whole.subarray(0, length);
    writeFileSync(path, cut);
    const journal = await Journal.open(path);
    await journal.close();
    const lines = cut.subarray(0, cut.lastIndexOf('\n') + 1);
    if (!readFileSync(path).equals(lines)) throw new Error(`cut at byte ${length}: other lines than the whole ones`);
    if (journal.isTorn !== (lines.length === 0)) throw new Error(`cut at byte ${length}: torn is ${journal.isTorn}`);
  }
}
