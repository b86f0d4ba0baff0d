/** One window beside the baseline alone: what a test of each day would see. */
import type { Profile } from '../drift/index.js';
import type { BlockName, Sums } from '../drift/monitor/index.js';
import { type BaselineContext, baselineContext } from '../monitor/baseline-context.js';
import { squareOf } from '../monitor/block-view.js';
import type { MonitorPromise } from '../monitor/promise.js';
import { partOf, residual } from '../monitor/stream.js';

interface DailyStatistic {
  block: BlockName;
  /** Chi-square with as many degrees of freedom, if the day's rows are the baseline's. */
  statistic: number;
  size: number;
}

const contexts = new WeakMap<Profile, BaselineContext>();

export function dailyStatistics(profile: Profile, promise: MonitorPromise, sums: Sums): DailyStatistic[] {
  const context = contexts.get(profile) ?? baselineContext(profile, promise);
  contexts.set(profile, context);
  return context.blocks.map(({ view, all, factor }) => {
    const part = partOf(view, sums, context.windowEffect(sums));
    return { block: view.block.name, statistic: squareOf(residual(factor, part, all)), size: view.size };
  });
}
