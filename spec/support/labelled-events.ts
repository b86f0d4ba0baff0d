/** Events whose labels are known, as csv: two classes, three cameras, clips of two rows if asked for. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';

export interface LabelledEvents {
  ids: string[];
  labels: string[];
  /** Whether each prediction is right. */
  right: boolean[];
  cameras: string[];
}

/** @param shift how much less often predictions are right than they are sure */
export function writeLabelledEvents(
  folder: string,
  file: string,
  rows: number,
  seed: number,
  shift = 0,
): LabelledEvents {
  const random = Random.stream(seed, rows);
  const events: LabelledEvents = { ids: [], labels: [], right: [], cameras: [] };
  const lines = Array.from({ length: rows }, (_, row) => {
    const sure = 0.5 + random.uniform() / 2;
    const isCat = random.uniform() < 0.5;
    const right = random.uniform() < sure - shift;
    const label = isCat === right ? 'cat' : 'dog';
    const camera = ['east', 'north', 'west'][row % 3]!;
    events.ids.push(`e${row}`);
    events.labels.push(label);
    events.right.push(right);
    events.cameras.push(camera);
    const scores = isCat ? [sure, 1 - sure] : [1 - sure, sure];
    const embedding = [random.normal(), random.normal(), sure].map((value) => value.toFixed(6)).join(', ');
    return [
      `e${row}`,
      `"[${embedding}]"`,
      ...scores.map((score) => score.toFixed(6)),
      label,
      `i${row}.png`,
      camera,
    ].join(',');
  });
  const header = 'event_id,embeddings,cat,dog,target,image_url,camera';
  writeFileSync(join(folder, file), [header, ...lines, ''].join('\n'));
  return events;
}

export function writeLabels(folder: string, file: string, header: string, lines: readonly string[]): void {
  writeFileSync(join(folder, file), [header, ...lines, ''].join('\n'));
}
