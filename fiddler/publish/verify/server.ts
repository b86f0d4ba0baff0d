/**
 * The server's side of a verification: its histograms, single values and series of an embedding's drift. None is in the
 * public part of Fiddler's API, so a server may lack any: it is null here.
 */
import { type Baseline, type FiddlerClient, type Model, serverTime } from '../../client/index.js';
import type { ServerNumbers } from '../centroids/numbers.js';
import { binEnd, type VerifyBin } from './own.js';

/** In the order in which they are asked: the first that shows more than a number comes first. */
export const SERVER_SOURCES = ['histograms', 'analytics/metrics', 'queries'] as const;
export type ServerSource = (typeof SERVER_SOURCES)[number];

export interface ServerHistogram {
  bins: string[];
  /** Rows. */
  baseline: number[];
  production: number[];
}

export interface ServerBin {
  histogram: ServerHistogram | null;
  /** Values from `analytics/metrics`; NaN for a number that the server does not have. */
  values: ServerNumbers | null;
  /** Values from `queries`. */
  series: ServerNumbers | null;
}

const METRICS = ['jsd', 'psi'] as const;
/** Times go out to the second. */
const SECOND = 1_000;
/** The histograms' own default is 50; fewer bins than clusters would merge some. */
const MAX_BINS = 1_000;

interface Asked {
  client: FiddlerClient;
  model: Model;
  baseline: Baseline;
  feature: string;
  bin: VerifyBin;
}

export class ServerDrift {
  /** Which of the three this server was asked for and answers. */
  readonly offered: Record<ServerSource, boolean> = { histograms: true, 'analytics/metrics': true, queries: true };
  #column: string | null = null;
  readonly #asked: Asked;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /**
   * What the server says of these bins, in their order. @param own `latest`: the time of the latest event in it
   * @param briefly whether a series of them all is enough, where offered: three requests instead of two a bin
   */
  async bins(own: readonly { start: number; latest: number }[], briefly: boolean): Promise<ServerBin[]> {
    const starts = own.map(({ start }) => start);
    if (briefly) {
      const series = await this.#series(starts);
      if (series !== null) {
        this.offered.histograms = false;
        this.offered['analytics/metrics'] = false;
        return series.map((numbers) => ({ histogram: null, values: null, series: numbers }));
      }
    }
    const found: ServerBin[] = [];
    for (const { start, latest } of own) {
      const histogram = await this.#histogram(start);
      found.push({ histogram, values: await this.#values(start, endOf(start, latest, this.#asked.bin)), series: null });
    }
    const series = briefly ? null : await this.#series(starts);
    return found.map((bin, i) => ({ ...bin, series: series?.[i] ?? null }));
  }

  async #histogram(start: number): Promise<ServerHistogram | null> {
    if (!this.offered.histograms) return null;
    const { client, baseline: of, bin } = this.#asked;
    const query = { baselineId: of.id, columnId: await this.#columnId(), startTime: start, binSize: bin };
    const found = await client.metrics.histogram({ ...query, maxBins: MAX_BINS, normalize: false });
    if (found === null) {
      this.offered.histograms = false;
      return null;
    }
    const { bins, baseline_histogram: baseline, production_histogram: production } = found;
    return { bins: bins.map(String), baseline, production };
  }

  async #values(start: number, end: number): Promise<ServerNumbers | null> {
    if (!this.offered['analytics/metrics']) return null;
    const { client, model, baseline, feature } = this.#asked;
    const metrics = METRICS.map((id) => ({ id, column: feature, baselineId: baseline.id }));
    const range = { startTime: start, endTime: end };
    const found = await client.metrics.values({ modelId: model.id, envType: 'PRODUCTION', ...range, metrics });
    if (found === null) {
      this.offered['analytics/metrics'] = false;
      return null;
    }
    return { jsd: numberOr(found[0]), psi: numberOr(found[1]) };
  }

  async #series(starts: readonly number[]): Promise<ServerNumbers[] | null> {
    if (starts.length === 0) return null;
    const jsd = await this.#seriesOf('jsd', starts);
    const psi = jsd === null ? null : await this.#seriesOf('psi', starts);
    this.offered.queries = jsd !== null;
    return jsd?.map((value, i) => ({ jsd: value, psi: psi?.[i] ?? Number.NaN })) ?? null;
  }

  async #seriesOf(metric: (typeof METRICS)[number], starts: readonly number[]): Promise<number[] | null> {
    const { client, model, baseline, feature, bin } = this.#asked;
    const column = await this.#columnId();
    const found = await client.metrics.series({
      ...{ projectId: model.project?.id ?? '', modelId: model.id, baselineId: baseline.id, metric, columns: [column] },
      ...{ startTime: starts[0]!, endTime: binEnd(starts.at(-1)!, bin) - SECOND, binSize: bin },
    });
    return found && valuesAt(found, [column, feature], starts);
  }

  /** The id that the server's catalogue gives the feature; its name if the server has no catalogue. */
  async #columnId(): Promise<string> {
    const { client, model, feature } = this.#asked;
    if (this.#column === null) {
      const catalogue = await client.metrics.catalogue(model.id);
      this.#column = catalogue?.columns.find(({ id, name }) => [id, name].includes(feature))?.id ?? feature;
    }
    return this.#column;
  }
}

/** Whether a range has its end is unknown: a second earlier loses no event, unless some are in that very second. */
function endOf(start: number, latest: number, bin: VerifyBin): number {
  const end = binEnd(start, bin);
  return latest >= end - SECOND ? end : end - SECOND;
}

/** Rows of `[time, value]`, headed by `col_names`: the values at these moments, NaN where there is none. */
export function valuesAt(
  { col_names: heads, data }: { col_names: readonly string[]; data: readonly (readonly unknown[])[] },
  columns: readonly string[],
  starts: readonly number[],
): number[] {
  const at = heads.findIndex((head) => columns.includes(head));
  const valueColumn = at < 0 ? 1 : at;
  const timeColumn = Math.max(0, heads.indexOf('timestamp'));
  const byTime = new Map(data.map((row) => [timeOf(row[timeColumn]), row[valueColumn]] as const));
  return starts.map((start) => numberOr(byTime.get(start)));
}

function timeOf(value: unknown): number | null {
  return typeof value === 'string' || typeof value === 'number' ? (serverTime(value)?.getTime() ?? null) : null;
}

function numberOr(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}
