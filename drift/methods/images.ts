/** The statistics of the images: how far the one that moved most lies beside the baseline's. */
import type { Method } from './method.js';
import { lookedAt, mostMoved } from './moved-columns.js';

export const images: Method = {
  name: 'images',
  title: 'image statistics',
  explanation:
    'How many standard errors the image statistic that moved most, such as brightness, lies beside that of the baseline.',
  unit: 'standard errors of the image statistic that moved most, from 0, about 3 without drift',
  greatest: () => Number.POSITIVE_INFINITY,
  alarms: 'above',
  takes: 'image statistics, which embed makes',
  needsSample: false,
  compare(profile, window, context) {
    const moved = mostMoved(profile, window, 'image', context);
    if (moved === null) return null;
    const { most, columns, result } = moved;
    return {
      ...result,
      looked: lookedAt(most.sides, result.band![1]),
      details: { statistic: most.name, direction: most.shift < 0 ? 'lower' : 'higher', statistics: columns },
    };
  },
};
