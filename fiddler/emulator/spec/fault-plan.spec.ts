/** Which request meets which fault: as often as asked, and the same for the same seed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultPlan } from '../faults.js';

const plan = suite('emulator: plan of faults');

plan('faults come as often as asked, and equally for one seed', () => {
  const shares = { 429: 0.1, 500: 0.05, reset: 0.02, slow: 0.05 };
  const draw = (seed: number) => {
    const faults = new FaultPlan(shares, seed);
    return Array.from({ length: 20_000 }, () => faults.next());
  };
  const drawn = draw(7);
  assert.equal(drawn, draw(7));
  assert.not.equal(drawn, draw(8));
  for (const [name, share] of Object.entries(shares)) {
    const count = drawn.filter((fault) => fault?.name === name).length;
    // Five standard deviations of a binomial.
    const spread = 5 * Math.sqrt(20_000 * share * (1 - share));
    assert.ok(Math.abs(count - 20_000 * share) < spread, `${name}: ${count}`);
  }
  const failures = drawn.filter((fault) => fault?.name === '500');
  const after = failures.filter((fault) => fault?.after).length / failures.length;
  assert.ok(after > 0.4 && after < 0.6, String(after));
});

plan.run();
