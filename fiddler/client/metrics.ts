/** What the server measured; not in the public part of the API: null where it is not offered. Times in UTC. */
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { ask, ifOffered, jsonBody } from './answer.js';
import { FiddlerError } from './fiddler-error.js';
import { apiPath, type Sender } from './request.js';
import {
  catalogue,
  type Histogram,
  type HistogramQuery,
  histogram,
  type Instant,
  type MetricCatalogue,
  type Series,
  type SeriesQuery,
  series,
  type ValuesQuery,
} from './schemas/metrics.js';

const TIME_ZONE = 'Etc/GMT';
const DEFAULT_MAX_BINS = 50;

const monitoring = z.looseObject({ results: z.record(z.string(), series) });
/** A value that is not a number (no events in the range) comes as null or as text. */
const values = z.array(z.unknown());

export class Metrics {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** Metrics and columns of a model, with the ids that the other calls take. */
  catalogue(modelId: string): Promise<MetricCatalogue | null> {
    const request = { method: 'GET', path: apiPath('models', modelId, 'metrics'), repeatable: true } as const;
    return ifOffered(ask(this.#sender, request, catalogue));
  }

  /** Shares of the bins of a column, in the baseline and in one time bin of production. */
  histogram(q: HistogramQuery): Promise<Histogram | null> {
    const body = {
      baseline_id: q.baselineId,
      column_id: q.columnId,
      start_time: utcSeconds(q.startTime),
      bin_size: q.binSize,
      time_zone: TIME_ZONE,
      max_bins: q.maxBins ?? DEFAULT_MAX_BINS,
      normalize: q.normalize ?? true,
    };
    return this.#post(['histograms'], body, histogram);
  }

  /** One metric over time, a row a time bin. */
  async series(q: SeriesQuery): Promise<Series | null> {
    const key = randomUUID();
    const body = {
      project_id: q.projectId,
      query_type: 'MONITORING',
      filters: {
        time_label: null,
        time_range: { start_time: utcSeconds(q.startTime), end_time: utcSeconds(q.endTime) },
        time_zone: TIME_ZONE,
        bin_size: q.binSize,
      },
      queries: [
        {
          ...{ query_key: key, model_id: q.modelId, baseline_id: q.baselineId },
          ...{ metric: q.metric, columns: q.columns, viz_type: 'line' },
        },
      ],
    };
    const answer = await this.#post(['queries'], body, monitoring);
    if (answer === null) return null;
    const found = answer.results[key] ?? Object.values(answer.results)[0];
    if (found === undefined)
      throw new FiddlerError('ANSWER_UNREADABLE', 'the answer to POST /v3/queries has no results');
    return found;
  }

  /** Single values over a range, in the order asked; null where the server has none. */
  async values(q: ValuesQuery): Promise<(number | null)[] | null> {
    const body = {
      model_id: q.modelId,
      env_type: q.envType ?? 'PRODUCTION',
      time_range: { start_time: utcSeconds(q.startTime), end_time: utcSeconds(q.endTime) },
      metrics: q.metrics.map(({ id, column, baselineId }) => ({ id, column, baseline_id: baselineId })),
    };
    const answer = await this.#post(['analytics', 'metrics'], body, values);
    return answer === null ? null : answer.map((value) => (typeof value === 'number' ? value : null));
  }

  #post<T extends z.ZodType>(path: string[], body: object, type: T): Promise<z.output<T> | null> {
    const request = { method: 'POST', path: apiPath(...path), body: jsonBody(body), repeatable: true } as const;
    return ifOffered(ask(this.#sender, request, type));
  }
}

/** `2025-11-03T00:00:00`, in UTC and without a zone, which the body names. */
function utcSeconds(time: Instant): string {
  return new Date(time).toISOString().slice(0, 19);
}
