/** Which shards a task computes: by the scheduler's index, by name, several at once. */
import { chooseShards, parseShards, shardsText, TASK_VARIABLES, taskIndex } from '../../scale/index.js';
import { assert, refusal, test } from '../support/test.js';

const alone = { perTask: 1 };

test('every scheduler’s index is the number of the task from 0', () => {
  for (const { name, from } of TASK_VARIABLES) assert.is(taskIndex({ [name]: String(7 + from) }), 7, name);
  assert.is(taskIndex({ SGE_TASK_ID: 'undefined', RANK: '2' }), 2);
  assert.is(taskIndex({ SLURM_ARRAY_TASK_ID: '3', RANK: '0' }), 3);
});

test('an index that is none, and no scheduler, are told', async () => {
  assert.match((await refusal('SHARD_INDEX', () => taskIndex({ SGE_TASK_ID: '0' }))).message, 'SGE_TASK_ID is "0"');
  assert.match((await refusal('SHARD_INDEX', () => taskIndex({ RANK: 'first' }))).message, 'RANK is "first"');
  const none = await refusal('SHARD_INDEX', () => taskIndex({}));
  assert.match(none.message, 'SLURM_ARRAY_TASK_ID');
  assert.is(none.exitCode, 2);
});

test('the raw index is the shard: --array=3,7 computes 3 and 7', () => {
  const environment = { SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_COUNT: '2', SLURM_ARRAY_TASK_MIN: '3' };
  assert.equal(chooseShards({ ...alone, shard: 'auto' }, 10, environment), [7]);
});

test('task i of --only takes the i-th; several a task; all without --shard', () => {
  const only = '3,7,12-14';
  assert.equal(chooseShards({ ...alone, shard: 'auto', only }, 20, { RANK: '2' }), [12]);
  assert.equal(chooseShards({ shard: '1/3', only, perTask: 2 }, 20, {}), [12, 13]);
  assert.equal(chooseShards({ shard: '2/3', only, perTask: 2 }, 20, {}), [14]);
  assert.equal(chooseShards({ shard: 'auto', perTask: 8 }, 20, { RANK: '2' }), [16, 17, 18, 19]);
  assert.equal(chooseShards({ ...alone, only: '2,1' }, 3, {}), [1, 2]);
  assert.equal(chooseShards(alone, 3, {}), [0, 1, 2]);
});

test('what is beyond the plan is told, with exit code 2', async () => {
  const said = async (choice: Parameters<typeof chooseShards>[0], environment = {}) => {
    const error = await refusal('SHARD_UNKNOWN', () => chooseShards(choice, 20, environment));
    assert.is(error.exitCode, 2);
    return error.message;
  };
  assert.match(await said({ ...alone, shard: 'auto' }, { RANK: '20' }), 'task 20, counted from 0: there are 20 tasks');
  assert.match(await said({ ...alone, shard: '3/100' }), "100 tasks, the plan's shards need 20");
  assert.match(await said({ ...alone, only: '3-20' }), 'the plan has 20 shards, 0 to 19');
  assert.match(await said({ ...alone, only: '7-3' }), '3,7,12-20');
  await refusal('SHARD_INDEX', () => chooseShards({ ...alone, shard: '3' }, 20, {}));
});

test('names of shards read back as what they were', () => {
  for (const shards of [[], [0], [0, 1, 2], [1, 3, 4, 5, 9], [0, 2, 4]]) {
    const text = shardsText(shards);
    assert.equal(text === '' ? [] : parseShards(text, 10), shards, text);
  }
  assert.is(shardsText([3, 7, 12, 13, 14]), '3,7,12-14');
});
