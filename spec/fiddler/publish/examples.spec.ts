import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deletion } from '../../../cli/delete.js';
import { onboard } from '../../../cli/onboard.js';
import { publish } from '../../../cli/publish.js';
import { verify } from '../../../cli/verify.js';
import { assert, longTest, packageRoot, temporaryFolder } from '../../support/test.js';
import { writeEvents } from './events-fixture.js';
import { localFiddler, scenes } from './local-fiddler.js';

const COMMANDS = ['onboard', 'publish', 'verify', 'delete'];
const DAY = 86_400_000;

/** Without `image-drift`, the continuation of a line and what is behind `#`. */
function commandsOf(page: string): string[] {
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block as string);
  const lines = blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'));
  return lines
    .map((line) => /^image-drift ([^#]*)/.exec(line)?.[1]?.trim() ?? '')
    .filter((words) => COMMANDS.includes(words.split(' ')[0] as string));
}

async function rig() {
  const folder = temporaryFolder();
  const fiddler = await localFiddler({ jobSeconds: 0.02 });
  const time = (row: number) => Date.now() - 2 * DAY + row * 1_000;
  const names = ['monday', 'labelled', 'events', 'production_1', 'production_2'];
  await writeEvents(join(folder, 'reference.parquet'), { rows: 1_100, seed: 1 });
  for (const [seed, name] of names.entries()) {
    // The labels of monday come later.
    const made = { rows: 1_100, seed: name === 'labelled' ? 10 : 10 + seed, time };
    await writeEvents(join(folder, `${name}.parquet`), made);
  }
  /** As a shell gives it: `production_*.parquet` are files. */
  const run = async (words: string) => {
    const given = words.replace('production_*.parquet', 'production_1.parquet production_2.parquet');
    const done = await fiddler.run(given.split(/ +/), folder);
    // Ours and the emulator's numbers agree, or differ: both is an answer.
    const allowed = given.startsWith('verify') ? [0, 3] : [0];
    assert.ok(allowed.includes(done.status as number), `${words}\n${done.stdout}\n${done.stderr}`);
  };
  return { run, close: fiddler.close };
}

const scene = scenes(rig);
const long = (name: string, play: (run: (words: string) => Promise<void>) => Promise<void>) =>
  scene(name, ({ run }) => play(run), undefined, longTest);

const ONBOARD = 'onboard reference.parquet --project images --model resnet18';

long('every command of docs/publishing.md runs', async (run) => {
  const commands = commandsOf(readFileSync(join(packageRoot, 'docs', 'publishing.md'), 'utf8'));
  assert.is(commands.length, 4, commands.join('\n'));
  await run(ONBOARD);
  for (const words of commands) await run(words);
});

long('every command of docs/fiddler.md runs', async (run) => {
  const commands = commandsOf(readFileSync(join(packageRoot, 'docs', 'fiddler.md'), 'utf8'));
  assert.is(commands.length, 2, commands.join('\n'));
  await run(commands[0] as string);
  const model = '--project image_monitoring --model resnet18';
  await run(`publish reference.parquet ${model} --baseline train_time_reference`);
  await run(`publish production_*.parquet ${model}`);
  for (const words of commands.slice(1)) await run(words);
});

long('every example of the help of these commands runs', async (run) => {
  for (const [words] of onboard.examples) await run(words);
  await run(`${ONBOARD} --centroids-out images.centroids.json`);
  for (const [words] of publish.examples) await run(words);
  await run('publish events.parquet --project images --model resnet18');
  await run('publish reference.parquet --project images --model resnet18 --baseline reference');
  const journal = 'events.parquet.publish-production.jsonl';
  for (const [words] of verify.examples) await run(words.replace('FILE', journal));
  for (const [words] of deletion.examples) await run(words);
});
