/** A server that calls a job's end by a name of its own: what it stored says how the job ended. */
import { deleteEvents } from '../../../fiddler/publish/index.js';
import { assert, refusal, test } from '../../support/test.js';
import { openRig } from './lying-rig.js';

test('an unknown status: all is stored, so all is published, once; the next run has nothing to do', async () => {
  const rig = await openRig({ rows: 200 });
  try {
    rig.proxy.success = 'COMPLETED';
    const { finished, confirmed, sent } = await rig.publish();
    assert.equal([finished, confirmed, sent], [true, true, 200]);
    await rig.assertOnce(200);
    assert.is((await rig.publish()).sent, 0);
  } finally {
    await rig.close();
  }
});

test('an unknown status, and a part is missing: told with the status, and nothing is sent twice', async () => {
  const rig = await openRig({ rows: 200 });
  try {
    rig.proxy.success = 'COMPLETED';
    rig.proxy.onSuccess = async () => rig.remove((await rig.stored()).slice(0, 1));
    const error = await refusal('JOB_STATUS_UNKNOWN', () => rig.publish({ lagSeconds: 0.3 }));
    assert.is(error.exitCode, 5);
    assert.match(error.message, 'COMPLETED');
    rig.proxy.success = 'SUCCESS';
    assert.ok((await rig.publish({ lagSeconds: 0.3 })).confirmed);
    await rig.assertOnce(200);
  } finally {
    await rig.close();
  }
});

test('a deletion with an unknown status is confirmed by asking for the events', async () => {
  const rig = await openRig({ rows: 50 });
  try {
    await rig.publish();
    rig.proxy.success = 'COMPLETED';
    const { confirmed, found } = await deleteEvents(rig.client, { journal: rig.journal }, { model: rig.model });
    assert.equal([confirmed, found], [true, 50]);
  } finally {
    await rig.close();
  }
});
