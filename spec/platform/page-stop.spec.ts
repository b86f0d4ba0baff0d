/**
 * A stop reaches the page's worker while it works on another task.
 * @fresh: the worker listens in the process's own scope
 */
import type { FromWorker, ToWorker } from '../../page/run/messages.js';
import { assert, test } from '../support/test.js';

test('a task that waits is stopped, too', async () => {
  const answers = new Map<number, FromWorker>();
  let post: (message: ToWorker) => void = () => {};
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  Object.assign(globalThis, {
    postMessage(message: FromWorker) {
      if (message.is !== 'progress') answers.set(message.id, message);
      if (answers.size === 2) end();
    },
    addEventListener(_type: string, listener: (event: { data: ToWorker }) => void) {
      post = (data) => listener({ data });
    },
  });
  await import('../../page/run/worker.js');
  post({ id: 1, task: 'fields', args: [] });
  post({ id: 2, task: 'dropSet', args: ['window'] });
  post({ stop: 2 });
  await ended;
  const second = answers.get(2)!;
  assert.is(second.is === 'failed' ? second.failure.coded?.code : second.is, 'STOPPED');
  assert.is.not(answers.get(1)!.is === 'failed' && JSON.stringify(answers.get(1)).includes('STOPPED'), true);
});
