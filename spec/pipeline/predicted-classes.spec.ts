/** Classes of a window: shares, the Fréchet distance of those with enough rows, the accuracy of those that are segments. */
import type { SegmentReport } from '../../drift/index.js';
import { predictedClasses } from '../../pipeline/report/clusters.js';
import { barely } from '../report/sample-data.js';
import { assert, test } from '../support/test.js';

const shares = { baseline: [0.5, 0.5], window: [0.75, 0.25] };

test('what the methods and the segments know of a class', () => {
  const js = barely().drift.windows[0]!.methods['js']!;
  const labels = [{ label: 'dog', rows: 25, value: 3.5, band: [0, 1], p: 0.01, p_adjusted: 0.02 }];
  const frechet = { ...js, base: null, details: { labels } };
  const segment = { by: 'class', value: 'cat', accuracy: 0.8 } as SegmentReport;
  const camera = { by: 'camera', value: 'dog', accuracy: 0.1 } as SegmentReport;
  assert.equal(predictedClasses(['cat', 'dog'], shares, { methods: { frechet }, segments: [camera, segment] }), [
    { name: 'cat', baseline: 0.5, window: 0.75, frechet: null, accuracy: 0.8 },
    { name: 'dog', baseline: 0.5, window: 0.25, frechet: { value: 3.5, p: 0.02 }, accuracy: null },
  ]);
});

test('without the method and without segments, shares alone', () => {
  const classes = predictedClasses(['cat', 'dog'], shares, { methods: { frechet: null }, segments: null });
  assert.equal(
    classes.map(({ frechet, accuracy }) => [frechet, accuracy]),
    [
      [null, null],
      [null, null],
    ],
  );
});
