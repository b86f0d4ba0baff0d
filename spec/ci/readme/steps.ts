/** What each shell command of README.md must do, in the page's order. A new command there needs its step in the fixture. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openEvents } from '../../../data/index.js';
import { smallHubFacts } from '../../support/hub-model.js';
import { assert, readFixture } from '../../support/test.js';
import { CLASSES, PHOTOS } from './user-files.js';

export interface Ran {
  stdout: string;
  stderr: string;
  folder: string;
}

export interface Step {
  command: string;
  /**
   * `clone`: README.md runs it in the clone. `project`: in the user's project. `emulator`: it sets the variables of the
   * server; the lines that `image-drift emulator` prints take its place. `quickstart`: it needs the shared test data.
   */
  where: 'clone' | 'project' | 'emulator' | 'quickstart';
  /** Values of flags that make it shorter. */
  env?: Readonly<Record<string, string>>;
  /** Patterns of what it prints. */
  stdout?: string[];
  stderr?: string[];
  /** Files that it makes, each with a part of its text. */
  files?: Record<string, string>;
  check?: keyof typeof CHECKS;
}

export const STEPS = readFixture<Step[]>('readme', 'steps.json');

const CHECKS = {
  weights({ folder }: Ran) {
    const { userDefinedMetadata } = JSON.parse(readFileSync(join(folder, 'weights/mine/model.json'), 'utf8'));
    const { backbone, classes, preprocessing } = userDefinedMetadata.config;
    assert.equal([backbone, classes, preprocessing.mean], ['resnet18', CLASSES, [0.5, 0.5, 0.5]]);
  },
  profile({ folder }: Ran) {
    const path = join(folder, 'profile.json');
    assert.is(JSON.parse(readFileSync(path, 'utf8')).rows, 1_000);
    assert.ok(statSync(path).size < 1e6);
  },
  vit: (ran: Ran) => checkPhotos(ran, 'vit'),
  clip: (ran: Ran) => checkPhotos(ran, 'clip'),
};

export async function checkStep({ stdout = [], stderr = [], files = {}, check }: Step, ran: Ran): Promise<void> {
  for (const pattern of stdout) assert.match(ran.stdout, new RegExp(pattern));
  for (const pattern of stderr) assert.match(ran.stderr, new RegExp(pattern));
  for (const [name, part] of Object.entries(files)) {
    assert.match(readFileSync(join(ran.folder, name), 'latin1'), part, name);
  }
  if (check !== undefined) await CHECKS[check](ran);
}

/** Each photograph has an embedding of its own, as wide as the network's, and scores of its classes that sum to 1. */
async function checkPhotos({ folder }: Ran, network: 'vit' | 'clip'): Promise<void> {
  const { width, labels } = smallHubFacts(network);
  const events = await openEvents(join(folder, `${network}.parquet`));
  assert.is(events.schema.dimensions, width);
  assert.equal(events.schema.classes, labels);
  const seen = new Set<string>();
  for await (const { rows, embeddings, scores } of events.batches()) {
    for (let row = 0; row < rows; row++) {
      const embedding = embeddings.subarray(row * width, (row + 1) * width);
      assert.ok(embedding.every(Number.isFinite), `${network}: row ${row}`);
      seen.add(embedding.join());
      if (scores === null) continue;
      const own = scores.subarray(row * labels.length, (row + 1) * labels.length);
      const sum = own.reduce((total, score) => total + score, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5, `${network}: row ${row}: the scores sum to ${sum}`);
    }
  }
  await events.close();
  assert.is(seen.size, PHOTOS, network);
}
