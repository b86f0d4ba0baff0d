import { join } from 'node:path';
import { type Onboarded, onboard } from '../../../fiddler/publish/index.js';
import { assert, temporaryFolder, test } from '../../support/test.js';
import { withServer } from '../client/support/client.js';
import type { Asked, Script } from '../client/support/scripted-server.js';
import { writeEvents } from './events-fixture.js';
import { type Recording, withRecordings } from './recordings.js';

const CIFAR = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** Answers from the recordings, in order for each method and path. */
function replay(recordings: readonly Recording[]): Script {
  const left = [...recordings];
  return ({ method, path }) => {
    const at = left.findIndex(({ request }) => request.method === method && request.path === path);
    const [found] = at < 0 ? [] : left.splice(at, 1);
    return { status: found?.response.status ?? 500, body: JSON.stringify(found?.response.body ?? {}) };
  };
}

function bodyOf({ body }: Asked): unknown {
  return JSON.parse(body.toString());
}

/** Members in their order, with measured numbers, ids and shortened lists replaced. */
function normal(value: unknown): string {
  const text = JSON.stringify(value, (_, member: unknown) => {
    if (Array.isArray(member) && member.some((one) => typeof one === 'string' && one.startsWith('… ')))
      return ['<shortened>'];
    return typeof member === 'number' && !Number.isInteger(member) ? '<number>' : member;
  });
  return text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');
}

interface WithSpec {
  spec: { custom_features: { centroids: unknown }[] };
}

const CENTROIDS = Array.from({ length: 5 }, (_, i) => Array.from({ length: 128 }, () => i + 0.5));

withRecordings('onboarding beside Fiddler’s client', (recording) => {
  /** The recorded answers, but with centroids that are whole: in the recordings their list is cut. */
  function answers({ ofFactory, ofModel }: { ofFactory: number[][] | null; ofModel: number[][] | null }): Recording[] {
    const [factory, model] = [recording('019'), recording('023')];
    const specOf = ({ response }: Recording) => (response.body.data as unknown as WithSpec).spec;
    specOf(factory).custom_features[0]!.centroids = ofFactory;
    specOf(model).custom_features[0]!.centroids = ofModel;
    return [...['001', '005', '007', '018'].map(recording), factory, model];
  }

  async function onboarded(recordings: Recording[]): Promise<{ asked: Asked[]; result: Onboarded }> {
    const known = { dimensions: 128, classes: CIFAR, hasEventIds: false };
    const events = await writeEvents(join(temporaryFolder(), 'cifar.parquet'), { rows: 20, seed: 1 }, known);
    const found: { asked: Asked[]; result: Onboarded }[] = [];
    await withServer(replay(recordings), async ({ client, server }) => {
      const result = await onboard(client, { events, project: 'image_monitoring', model: 'resnet18' });
      found.push({ asked: server.asked, result });
    });
    return found[0]!;
  }

  test('project, sample, model-factory and model are asked for as Fiddler’s client does', async () => {
    const { asked } = await onboarded(answers({ ofFactory: CENTROIDS, ofModel: CENTROIDS }));
    const requests = asked.map(({ method, path }) => `${method} ${path.replace('/v3/', '')}`).join(', ');
    const creating = 'POST projects, POST files/upload, POST model-factory, POST models';
    assert.is(requests, `GET server-info, GET projects, ${creating}`);
    const [, lookUp, project, upload, inference, creation] = asked as [Asked, Asked, Asked, Asked, Asked, Asked];
    assert.equal(Object.fromEntries(lookUp.query), recording('005').request.query);
    assert.is(normal(bodyOf(project)), normal(recording('007').request.body));
    const parts = upload.body.toString('latin1').match(/Content-Disposition: [^\r]*/g);
    assert.equal(parts, ['Content-Disposition: form-data; name="file"; filename="data.parquet"']);
    assert.is(normal(bodyOf(inference)), normal(recording('019').request.body));
    const wanted = recording('023').request.body as unknown as WithSpec;
    wanted.spec.custom_features[0]!.centroids = CENTROIDS;
    assert.is(normal(bodyOf(creation)), normal(wanted));
  });

  test('centroids that a server does not show afterwards are those that it was given', async () => {
    const { result } = await onboarded(answers({ ofFactory: CENTROIDS, ofModel: null }));
    assert.equal(result.centroids!.centroids, CENTROIDS);
  });

  test('where the model-factory finds no centroids they are found here, and that is said', async () => {
    const { asked, result } = await onboarded(answers({ ofFactory: null, ofModel: null }));
    const { spec } = bodyOf(asked.at(-1)!) as WithSpec;
    const sent = spec.custom_features[0]!.centroids as number[][];
    assert.equal([sent.length, sent[0]!.length], [5, 128]);
    assert.equal(result.centroids!.centroids, sent);
    assert.match(result.notices.join(' '), /found here, by k-means/);
  });
});
