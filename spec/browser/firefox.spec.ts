/**
 * `image-drift/browser` in Firefox: the demo, on one thread and on all.
 * @long: it embeds images in a browser
 */
import { skipFile, suite } from '../support/test.js';
import { FIREFOX, type Firefox, hasFirefox, launchFirefox } from './firefox.js';
import { assertJudged, type Judged, judgeCall } from './judged.js';
import { type ServedBundle, serveBundle } from './served-bundle.js';

const firefox = suite<ServedBundle & { firefox: Firefox }>('the demo in Firefox');
firefox.before(async (context) => {
  Object.assign(context, await serveBundle());
  context.firefox = await launchFirefox();
});
firefox.after(async ({ firefox, server }) => {
  await firefox.close();
  server.close();
});
if (!hasFirefox) skipFile(`no ${FIREFOX}; FIREFOX names one`, 'the demo in Firefox');

for (const path of ['/', '/isolated/']) {
  firefox(`${path}: events and drift have the bits of Node`, async ({ firefox, origin }) => {
    await assertJudged(await firefox.evaluate<Judged>(`${origin}${path}`, judgeCall()), path !== '/');
  });
}
