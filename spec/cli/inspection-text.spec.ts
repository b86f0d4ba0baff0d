/** What `inspect` says fits a terminal, however many classes and columns there are. */
import { inspectionText } from '../../cli/inspection-text.js';
import type { Inspection } from '../../pipeline/index.js';
import { assert, test } from '../support/test.js';

const names = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

function eventsOf(classes: readonly string[], carried: number): Inspection {
  return {
    kind: 'events',
    format: 'parquet',
    rows: 1234,
    dimensions: 512,
    classes,
    tap: 'avgpool',
    weights_sha256: 'ab'.repeat(32),
    weights_note: null,
    columns: ['embeddings', ...classes, 'event_id', 'image_stat_brightness', 'image_stat_noise'],
    carried: names(carried, 'site_').map((name) => ({ name, type: 'string' as const })),
  };
}

test('a thousand classes are a few lines of 80 characters', () => {
  const lines = inspectionText('week.parquet', eventsOf(names(1000, 'class_'), 300), 80).split('\n');
  assert.ok(lines.length < 20, `${lines.length} lines`);
  for (const line of lines) assert.ok(line.length <= 80, line);
  const text = lines.join(' ').replace(/ +/g, ' ');
  assert.match(text, 'rows: 1,234');
  assert.match(text, 'columns: embeddings, event_id scores: class_0, class_1,');
  assert.match(text, 'class_19, … (1,000)');
  assert.match(text, 'image statistics (image_stat_…): brightness, noise');
  assert.match(text, 'site_19 (string), … (300)');
  assert.not.match(text, 'class_20');
});

test('few classes are listed whole; without a terminal no line is broken', () => {
  const text = inspectionText('week.parquet', eventsOf(['cat', 'dog'], 0), Number.POSITIVE_INFINITY);
  assert.match(text, /\n {2}scores: cat, dog\n/);
  assert.not.match(text, 'carried');
  assert.match(inspectionText('x', eventsOf([], 0), 80), 'scores: none');
});

test('a line of Python is one line', () => {
  const python = `x = ${'f('.repeat(100)}`;
  const config = {
    backbone: 'resnet18',
    head: [],
    classes: ['a'],
    tap: 'avgpool',
    preprocessing: {},
    provenance: { source: 'm.pth', sha256: '0', converter: 'c' },
  };
  const found = {
    kind: 'weights',
    sha256: '0',
    config,
    checked: null,
    tensors: 1,
    parameters: 1,
    python,
  } as unknown as Inspection;
  assert.ok(inspectionText('w', found, 80).split('\n').includes(`  in Python: ${python}`));
});
