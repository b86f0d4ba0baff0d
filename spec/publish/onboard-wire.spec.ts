/** What onboarding sends, request by request, beside what Fiddler's own client was recorded to send for the same. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onboard } from '../../publish/index.js';
import { clientOf } from '../fiddler/support/client.js';
import { type Asked, type Script, serve } from '../fiddler/support/scripted-server.js';
import { temporaryFolder } from '../support/temporary.js';
import { writeEvents } from './events-fixture.js';
import { type Recording, withRecordings } from './recordings.js';

const CIFAR = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** Answers from the recordings, each the next time that its method and path are asked. */
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

/** Members in their order; measured numbers, ids and shortened lists replaced. */
function normal(value: unknown): string {
  const text = JSON.stringify(value, (_, member: unknown) => {
    if (Array.isArray(member) && member.some((one) => typeof one === 'string' && one.startsWith('… ')))
      return ['<shortened>'];
    return typeof member === 'number' && !Number.isInteger(member) ? '<number>' : member;
  });
  return text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');
}

withRecordings('onboarding beside Fiddler’s client', (recording) => {
  test('project, sample, model-factory and model are asked for as Fiddler’s client does', async () => {
    const known = { dimensions: 128, classes: CIFAR, hasEventIds: false };
    const events = await writeEvents(join(temporaryFolder(), 'cifar.parquet'), { rows: 20, seed: 1 }, known);
    const factory = recording('019');
    // Its list of centroids is cut in the recording; what a server sends is whole.
    const data = factory.response.body.data as { spec: { custom_features: { centroids: unknown }[] } };
    data.spec.custom_features[0]!.centroids = Array.from({ length: 5 }, (_, i) =>
      Array.from({ length: 128 }, () => i + 0.5),
    );
    const made = recording('023');
    const model = made.response.body.data as typeof data;
    model.spec = data.spec;

    const server = await serve(replay([...['001', '005', '007', '022', '018'].map(recording), factory, made]));
    const client = clientOf(server.url);
    try {
      await onboard(client, { events, project: 'image_monitoring', model: 'resnet18' });
    } finally {
      await client.close();
      await server.close();
    }

    assert.equal(
      server.asked.map(({ method, path }) => `${method} ${path}`),
      [
        'GET /v3/server-info',
        'GET /v3/projects',
        'POST /v3/projects',
        'POST /v3/files/upload',
        'POST /v3/model-factory',
        'POST /v3/models',
      ],
    );
    const [, lookUp, project, upload, inference, creation] = server.asked as [Asked, Asked, Asked, Asked, Asked, Asked];
    assert.equal(Object.fromEntries(lookUp.query), recording('005').request.query);
    assert.is(normal(bodyOf(project)), normal(recording('007').request.body));
    const parts = upload.body.toString('latin1').match(/Content-Disposition: [^\r]*/g);
    assert.equal(parts, ['Content-Disposition: form-data; name="file"; filename="data.parquet"']);
    assert.is(normal(bodyOf(inference)), normal(factory.request.body));
    const wanted = structuredClone(recording('023').request.body) as typeof data;
    wanted.spec.custom_features[0]!.centroids = data.spec.custom_features[0]!.centroids;
    assert.is(normal(bodyOf(creation)), normal(wanted));
  });
});

test.run();
