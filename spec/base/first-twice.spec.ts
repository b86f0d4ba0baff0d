/** Inputs, windows and classes that are given twice are found without comparing each with each. */

import { chooseClasses } from '../../convert/changed-networks.js';
import { openListing } from '../../data/index.js';
import type { Profile } from '../../drift/index.js';
import { measureWindows } from '../../pipeline/measure/index.js';
import { assert, refusal, test } from '../support/test.js';

/** A list that counts how often a place of it is read. */
function counted(values: readonly string[]) {
  const seen = { reads: 0 };
  const list = new Proxy(values, {
    get(target, key, self) {
      if (typeof key === 'string' && /^\d+$/.test(key)) seen.reads++;
      return Reflect.get(target, key, self);
    },
  });
  return { list, seen };
}

const names = [...Array.from({ length: 1_000 }, (_, i) => `name-${i}`), 'name-998', 'name-3'];

for (const [what, code, run] of [
  ['inputs', 'BAD_OPTION', (list: readonly string[]) => openListing(list)],
  ['windows', 'WINDOW_TWICE', (list: readonly string[]) => measureWindows({} as Profile, list)],
  ['classes', 'CLASSES_MISMATCH', async (list: readonly string[]) => chooseClasses(names.length, list, 'a.pth')],
] as const) {
  test(`${what}: the first that came before is named, and each is looked at once`, async () => {
    const { list, seen } = counted(names);
    await refusal(code, () => run(list), /name-998/);
    assert.ok(seen.reads <= names.length, `${seen.reads} reads`);
  });
}
