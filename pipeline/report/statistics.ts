/** How much each statistic of the images has changed, for the report. */
import type { Profile, WindowSummary } from '../../drift/index.js';
import type { StatisticChange } from '../../report/index.js';

const CHANNELS: readonly string[] = ['red', 'green', 'blue'];

/** All plain statistics of the images, the largest change first. */
export function statisticChanges(
  { reference }: Pick<Profile, 'reference'>,
  summary: Pick<WindowSummary, 'reference'>,
): StatisticChange[] {
  const isGray = [reference?.statistics, summary.reference?.statistics].every((of) => of?.['saturation']?.mean === 0);
  const changes: StatisticChange[] = [];
  for (const [name, before] of Object.entries(reference?.statistics ?? {})) {
    const after = summary.reference?.statistics[name];
    // In gray images every channel is the brightness.
    if (isGray && CHANNELS.includes(name)) continue;
    if (isRelative(name) || before.mean === null || !before.variance || !after || after.mean === null) continue;
    const effect = (after.mean - before.mean) / Math.sqrt(before.variance);
    changes.push({ name, baseline: before.mean, window: after.mean, effect });
  }
  return changes.sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
}

/** True for relative statistics, which only help to tell causes apart. */
function isRelative(name: string): boolean {
  return name.startsWith('relative_') || name.endsWith('_share');
}
