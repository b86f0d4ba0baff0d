/**
 * Computes shards of a run, one after the other. Each is made under a name of its own, put in place whole, then marked
 * as done. Done shards are left as they are, so the same command again resumes. A killed task leaves only its attempt's
 * folder, which whoever computes the shard next removes.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CodedError, quoted } from '../../base/index.js';
import type { Embedder } from '../../engine/index.js';
import {
  commitShard,
  type Failure,
  failureFile,
  type KnownPlan,
  type Marker,
  type Plan,
  type RunPlace,
  readPlan,
  ScaleError,
  shardName,
  wholeShard,
} from '../../scale/index.js';
import { packageVersion } from '../../weights/index.js';
import { type EmbedImagesOptions, type EmbedSummary, rejectedPath } from '../embed/index.js';
import { machineName, probeOf, withRun } from './runs.js';
import { embedShardImages } from './shard-images.js';

export interface EmbedShardsOptions extends Pick<EmbedImagesOptions, 'cache' | 'onNotice' | 'onProgress'> {
  /** The plan, or the folder of the run. */
  plan: string;
  choose(count: number): readonly number[];
  /** Loads the network as the plan says. Called once, if there is something to compute. */
  load(plan: Plan): Promise<Embedder>;
  /** Whether this machine may compute other bits than the plan's. */
  allowMixed: boolean;
  /** Called when a shard is done: now, or before. */
  onShard?: ((shard: number, done: DoneShard) => void) | undefined;
}

interface DoneShard {
  rows: number;
  rejected: number;
  before: boolean;
  seconds: number;
}

export interface EmbeddedShards {
  run: string;
  done: number[];
  before: number[];
  rows: number;
  rejected: number;
  embedder: Pick<Embedder, 'backend' | 'device' | 'threads'> | null;
}

/**
 * @throws ScaleError `WEIGHTS_DIFFER`, `PROBE_DIFFERS`, `SHARD_…`, `PLAN_…`, `LISTING_…`; as `embedImages`, but for
 *   `IMAGES_REJECTED`
 */
export async function embedShards(options: EmbedShardsOptions): Promise<EmbeddedShards> {
  return withRun(options.plan, (place) => embedIn(place, options));
}

async function embedIn(place: RunPlace, options: EmbedShardsOptions): Promise<EmbeddedShards> {
  const known = await readPlan(place);
  const result: EmbeddedShards = { run: known.run, done: [], before: [], rows: 0, rejected: 0, embedder: null };
  const task = new Task(place, known, options);
  try {
    for (const shard of options.choose(known.plan.shards.length)) {
      const done = await task.compute(shard);
      result.done.push(shard);
      if (done.before) result.before.push(shard);
      result.rows += done.rows;
      result.rejected += done.rejected;
      options.onShard?.(shard, done);
    }
    const { embedder } = task;
    result.embedder = embedder && { backend: embedder.backend, device: embedder.device, threads: embedder.threads };
    return result;
  } finally {
    await task.close();
  }
}

class Task {
  embedder: Embedder | null = null;
  #probe = '';

  constructor(
    readonly place: RunPlace,
    readonly known: KnownPlan,
    readonly options: EmbedShardsOptions,
  ) {}

  async compute(shard: number): Promise<DoneShard> {
    const start = performance.now();
    const done = await wholeShard(this.place, this.known, shard);
    if (done !== null) return before(done);
    try {
      this.embedder ??= await this.#load();
      const { rows, rejected } = await this.#embed(this.embedder, shard, start);
      return { rows, rejected, before: false, seconds: secondsSince(start) };
    } catch (error) {
      // Another task may have been first, and have removed what this one was making.
      const other = await wholeShard(this.place, this.known, shard).catch(() => null);
      if (other !== null) return before(other);
      await this.#tellFailure(shard, error);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.embedder?.close();
  }

  async #load(): Promise<Embedder> {
    const { plan } = this.known;
    const embedder = await this.options.load(plan).catch((error: unknown) => {
      throw error instanceof CodedError && error.code === 'UNKNOWN_TAP' ? otherLayers(error, plan) : error;
    });
    try {
      if (embedder.weightsSha256 !== plan.weights.sha256) throw weightsDiffer(embedder, plan);
      this.#probe = await probeOf(embedder);
      if (this.#probe !== plan.engine.probe) this.#tellMixed(embedder);
      return embedder;
    } catch (error) {
      await embedder.close();
      throw error;
    }
  }

  async #embed(embedder: Embedder, shard: number, start: number): Promise<EmbedSummary> {
    const { cache, onNotice, onProgress, allowMixed } = this.options;
    const { plan, run } = this.known;
    const attempt = await this.place.begin(shardName(shard));
    try {
      const out = join(attempt.folder, 'part.parquet');
      const options = { cache, onNotice, onProgress };
      const summary = await embedShardImages(embedder, this.place, this.known, shard, out, options);
      const { rows, rejected, labelled, correct } = summary;
      const { backend, device, threads } = embedder;
      const facts = {
        ...{ run, shard, images: rows + rejected, rows, rejected, labelled, correct },
        ...{ host: hostname(), finished: new Date().toISOString(), seconds: secondsSince(start) },
        memory_bytes: process.resourceUsage().maxRSS * 1024,
        versions: { image_drift: packageVersion, node: process.version },
        engine: { backend, device, threads, precision: plan.engine.precision, probe: this.#probe },
      };
      await commitShard(this.place, { part: rows === 0 ? null : out, list: rejectedPath(out) }, facts, allowMixed);
      await this.place.removeAttempts(shardName(shard));
      return summary;
    } finally {
      await attempt.end();
    }
  }

  #tellMixed(embedder: Embedder): void {
    const { machine, backend, precision } = this.known.plan.engine;
    const message = `${backend}, ${precision} computes other bits here (${machineName()}) than where the plan was made (${machine})`;
    if (!this.options.allowMixed) {
      const hint = 'Run it on such a machine, plan with --precision reproducible, or take rows of both: --allow-mixed.';
      throw new ScaleError('PROBE_DIFFERS', message, { hint });
    }
    this.options.onNotice?.(`${message}. Rows of both are in one run, as --allow-mixed says (${embedder.backend}).`);
  }

  /** What `status` shows. That it cannot be written is not what the task failed of. */
  async #tellFailure(shard: number, error: unknown): Promise<void> {
    const known = error instanceof CodedError ? error : null;
    const message = error instanceof Error ? error.message : String(error);
    const failure: Failure = {
      ...{ run: this.known.run, shard, code: known?.code ?? 'INTERNAL', message, exit_code: known?.exitCode ?? 1 },
      ...{ host: hostname(), at: new Date().toISOString() },
    };
    await this.place.writeText(failureFile(shard), `${JSON.stringify(failure, null, 1)}\n`).catch(() => undefined);
  }
}

function before({ rows, rejected, seconds }: Marker): DoneShard {
  return { rows, rejected, seconds, before: true };
}

const OTHER_WEIGHTS = 'The weights were converted again or replaced. --weights names those of the plan.';

function weightsDiffer({ weightsSha256 }: Embedder, { weights }: Plan): ScaleError {
  const [found, planned] = [weightsSha256.slice(0, 12), weights.sha256.slice(0, 12)];
  const message = `the weights have sha256 ${found}, the plan (${weights.path}) says ${planned}`;
  return new ScaleError('WEIGHTS_DIFFER', message, { hint: OTHER_WEIGHTS });
}

function otherLayers(cause: CodedError, { weights, taps }: Plan): ScaleError {
  const message = `the weights have no layer ${taps.map(quoted).join(', ')}, the plan (${weights.path}) takes it`;
  return new ScaleError('WEIGHTS_DIFFER', message, { hint: OTHER_WEIGHTS, cause });
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
