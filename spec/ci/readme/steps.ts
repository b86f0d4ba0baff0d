/** What each shell command of README.md must do, in the page's order. A new command there needs its step here. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openEvents } from '../../../data/index.js';
import { smallHubFacts } from '../../support/hub-model.js';
import { assert } from '../../support/test.js';
import { PHOTOS } from './user-files.js';

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
  check(ran: Ran): void | Promise<void>;
}

const MEGABYTE = 1e6;
const ON_SERVER = '--project shop --model resnet18';
const REFERENCE = '--baseline train_time_reference --baseline-events baseline.parquet';

function made({ folder }: Ran, ...names: string[]): void {
  for (const name of names) assert.ok(existsSync(join(folder, name)), `${name} is missing`);
}

function text({ folder }: Ran, name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

function embedded(name: string): Step['check'] {
  return (ran) => {
    assert.match(ran.stdout, /^[\d,]+ of 1,000 predictions are correct: \d+\.\d\d %$/m);
    assert.match(ran.stderr, `${name}.parquet: 1,000 events`);
    made(ran, `${name}.parquet`);
  };
}

interface Network {
  width: number;
  labels: readonly string[];
}

/** Each photograph has an embedding of its own, of this width, and scores of the classes that sum to 1. */
async function checkPhotos(ran: Ran, name: string, { width, labels }: Network): Promise<void> {
  const events = await openEvents(join(ran.folder, name));
  assert.is(events.schema.dimensions, width);
  assert.equal(events.schema.classes, labels);
  const seen = new Set<string>();
  for await (const { rows, embeddings, scores } of events.batches()) {
    for (let row = 0; row < rows; row++) {
      const embedding = embeddings.subarray(row * width, (row + 1) * width);
      assert.ok(embedding.every(Number.isFinite), `${name}: row ${row}`);
      seen.add(embedding.join());
      if (scores === null) continue;
      const own = scores.subarray(row * labels.length, (row + 1) * labels.length);
      const sum = own.reduce((total, score) => total + score, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5, `${name}: row ${row}: the scores sum to ${sum}`);
    }
  }
  await events.close();
  assert.is(seen.size, PHOTOS, name);
}

function step(where: Step['where'], command: string, check: Step['check'], env: Step['env'] = {}): Step {
  return { command, where, check, env };
}

function ours(command: string, check: Step['check'], env: Step['env'] = {}): Step {
  return step('project', `npx image-drift ${command}`, check, env);
}

export const STEPS: readonly Step[] = [
  step('clone', 'npm install && npm run demo', (ran) => {
    for (const row of [
      /week_1 +1,500 +92\.20 % +JS distance +0\.0269 .* no drift/,
      /week_2 +1,500 +87\.33 % +JS distance +0\.0731 .* drift +blurred/,
      /week_3 +1,500 +79\.33 % +JS distance +0\.1010 .* drift +darker/,
    ]) {
      assert.match(ran.stdout, row);
    }
    made(ran, 'demo-out/report.html');
  }),
  step('clone', 'npm pack', (ran) => made(ran, 'image-drift-0.1.0.tgz')),
  step('project', 'npm install ../image-drift/image-drift-0.1.0.tgz', (ran) =>
    made(ran, 'node_modules/.bin/image-drift'),
  ),
  ours(
    'convert model.pth --out weights/mine --size 32 --mean 0.5 --std 0.5 --classes plane,car,bird,cat,deer,dog,frog,horse,ship,truck',
    (ran) => {
      const { backbone, classes, preprocessing } = JSON.parse(text(ran, 'weights/mine/model.json')).userDefinedMetadata
        .config;
      assert.is(backbone, 'resnet18');
      assert.is(classes.join(), 'plane,car,bird,cat,deer,dog,frog,horse,ship,truck');
      assert.equal(preprocessing.mean, [0.5, 0.5, 0.5]);
    },
  ),
  // spec/ci/check-scripts.sh runs what it prints.
  ours('convert --check-script torch', ({ stdout }) => assert.match(stdout, 'np.savez("check.npz"')),
  ours('embed baseline/ --weights weights/mine --out baseline.parquet', embedded('baseline')),
  ours('embed this_week/ --weights weights/mine --out this_week.parquet', embedded('this_week')),
  ours('baseline baseline.parquet --out profile.json', (ran) => {
    assert.is(JSON.parse(text(ran, 'profile.json')).rows, 1_000);
    assert.ok(statSync(join(ran.folder, 'profile.json')).size < MEGABYTE);
  }),
  ours(
    'drift this_week.parquet --baseline profile.json --report drift.html --baseline-events baseline.parquet',
    (ran) => {
      assert.match(ran.stdout, /^this_week +1,000 .* drift +darker/m);
      assert.match(text(ran, 'drift.html'), 'data:image/');
    },
  ),
  ours('embed this_week/ --weights hf:timm/resnet50.a1_in1k --out features.parquet', (ran) => {
    assert.match(ran.stderr, /^hf:timm\/resnet50\.a1_in1k \([0-9a-f]{10}\): .*mean 0\.1 0\.2 0\.3/m);
    assert.match(ran.stderr, 'features.parquet: 1,000 events');
    made(ran, 'features.parquet');
  }),
  ours('embed photos/ --weights hf:google/vit-base-patch16-224 --out vit.parquet', async (ran) => {
    assert.match(ran.stderr, /^hf:google\/vit-base-patch16-224 \([0-9a-f]{10}\): vit, .*mean 0\.5 0\.5 0\.5/m);
    await checkPhotos(ran, 'vit.parquet', smallHubFacts('vit'));
  }),
  ours('embed photos/ --weights hf:openai/clip-vit-base-patch32 --out clip.parquet', async (ran) => {
    assert.match(ran.stderr, /^hf:openai\/clip-vit-base-patch32 \([0-9a-f]{10}\): vit, .*mean 0\.4814/m);
    assert.match(ran.stderr, 'embedding: the output of projection,');
    await checkPhotos(ran, 'clip.parquet', smallHubFacts('clip'));
  }),
  ours(
    'drill baseline/ --weights weights/mine --baseline profile.json',
    ({ stdout }) => {
      const names = 'blur darken brighten contrast gaussian_noise jpeg occlusion rotation';
      for (const name of names.split(' ')) assert.match(stdout, new RegExp(`^ *${name}\\b`, 'm'));
    },
    { IMAGE_DRIFT_LIMIT: '200' },
  ),
  ours(
    'explain this_week.parquet --baseline profile.json --baseline-images baseline/ --weights weights/mine --report why.html',
    (ran) => {
      assert.match(ran.stdout, /^Baseline: 400 labelled images, /);
      assert.match(ran.stdout, /brightness \(factor\), factor 0\.[12]/);
      assert.match(text(ran, 'why.html'), '<section id="explained"');
    },
    { IMAGE_DRIFT_ROWS: '400', IMAGE_DRIFT_LOOKS: '40' },
  ),
  step('emulator', 'export FIDDLER_URL=https://acme.fiddler.ai FIDDLER_TOKEN=…', ({ stdout }) => {
    assert.match(stdout, /^export FIDDLER_URL=http:\/\/127\.0\.0\.1:\d+\nexport FIDDLER_TOKEN=\S+\n$/);
  }),
  step('quickstart', 'npx image-drift quickstart', ({ stdout }) => {
    for (const name of ['production_1', 'production_2', 'production_3']) assert.match(stdout, name);
    assert.match(stdout, 'Every number of the server is ours, to 1e-6, on 18 days.');
  }),
  ours('embed monday.npz --weights weights/mine --out monday.parquet --timestamp 2026-11-23', embedded('monday')),
  ours(`onboard baseline.parquet ${ON_SERVER}`, (ran) => {
    assert.match(ran.stdout, /^project shop: created/m);
    assert.match(ran.stdout, /^model resnet18 \S+: created/m);
    made(ran, 'resnet18.centroids.json');
  }),
  ours(`publish baseline.parquet ${ON_SERVER} --baseline train_time_reference`, ({ stdout }) =>
    assert.match(stdout, /1,000 events of baseline train_time_reference .*1,000 sent/),
  ),
  ours(
    'drift monday.parquet --baseline profile.json --centroids resnet18.centroids.json --baseline-events baseline.parquet',
    ({ stdout }) => assert.match(stdout, /^window +rows +Fiddler JSD .*\nmonday +1,000 +0\.\d{4} /m),
  ),
  ours(`publish monday.parquet ${ON_SERVER} --dry-run`, ({ stdout }) => assert.match(stdout, 'Nothing was sent.')),
  ours(`publish monday.parquet ${ON_SERVER}`, ({ stdout }) =>
    assert.match(stdout, /1,000 events of production .*1,000 sent/),
  ),
  ours(`verify monday.parquet ${ON_SERVER} ${REFERENCE}`, ({ stdout }) => {
    assert.match(stdout, /^2026-11-23 +1,000 /m);
    assert.match(stdout, 'Every number of the server is ours, to 0.000001.');
  }),
];
