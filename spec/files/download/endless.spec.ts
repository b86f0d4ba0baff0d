import { createServer } from 'node:http';
import { RemoteStore } from '../../../files/download/index.js';
import { listen } from '../../support/listening.js';
import { assert, refusal, test } from '../../support/test.js';

test('what is read into memory ends at 64 MiB where the server does not say its length', async () => {
  let sent = 0;
  const block = Buffer.alloc(2 ** 20);
  const server = createServer((_, response) => {
    const more = () => {
      for (let goes = true; goes && !response.destroyed; sent += block.length) goes = response.write(block);
    };
    response.on('drain', more);
    more();
  });
  const { url, close } = await listen(server);
  const store = new RemoteStore({ most: 2 ** 29 });
  try {
    await refusal('DOWNLOAD_TOO_LARGE', () => store.read(`${url}/endless.png`), 'more than 67,108,864 bytes');
    assert.ok(sent < 2 ** 27, `${sent} bytes`);
  } finally {
    await store.close();
    await close();
  }
});
