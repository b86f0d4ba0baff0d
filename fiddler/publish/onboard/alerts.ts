/**
 * Alert rules: on the embedding's drift, a day at a time, with thresholds from the rows of a day and how often an alarm
 * without drift may come; or as a file has them.
 * Without drift, 8 (JS divergence) m n / (m + n), in nats, is about chi-squared with one degree of freedom less than
 * there are bins (drift-methods: J. Lin, 1991, second-order expansion); its quantile is Wilson and Hilferty's (1931),
 * which puts a threshold at most 2 % too high where the rate is a few in a million.
 */
import * as z from 'zod';
import { readSmallText } from '../../../files/index.js';
import type { AlertRule, Baseline, FiddlerClient, Model, NewAlertRule } from '../../client/index.js';
import { serverCentroids } from '../centroids/file.js';
import { PublishError } from '../publish-error.js';
import { EMBEDDING_FEATURE } from './spec.js';

const AUTO_ALERTS = 'auto';
/** The quickstart's rows of a day. */
const AUTO_ROWS = 1_000;
const AUTO_ALPHA = 0.001;
/** A critical alarm is this much rarer than a warning where nothing drifts. */
const CRITICAL_RARER = 1_000;
/** The drill's name of the distance that Fiddler charts. */
const DISTANCE = 'js';
/** Thresholds that the rule gives, other than those that the server finds. */
const MANUAL = 'manual';
/** A drill of twenty corruptions takes some 20 kB. */
const MAX_BYTES = 16 * 2 ** 20;

const rules = z.array(
  z
    .looseObject({ name: z.string().min(1), metric_id: z.string(), critical_threshold: z.number().nullish() })
    .refine(
      ({ critical_threshold, threshold_type }) => critical_threshold != null || (threshold_type ?? MANUAL) !== MANUAL,
    ),
);
/** What `drill --json` prints, as far as thresholds follow from it. */
const drill = z.looseObject({
  weights_sha256: z.string().nullish(),
  alpha: z.number().gt(0).lt(1),
  window_sizes: z.array(z.number().int().min(1)).min(1),
  corruptions: z.array(z.looseObject({ seen_from: z.record(z.string(), z.array(z.number().nullable())) })),
});

/** Rules as a file has them, or what a rule on the embedding's drift follows from. */
type WantedAlerts = { rules: readonly Record<string, unknown>[] } | { rows: number; alpha: number };

/**
 * @param source `auto`, a file of `drill --json`, or a JSON list of rules as Fiddler's API takes them
 * @param weightsSha256 of the events; null where they do not say
 * @throws PublishError `ALERTS_FILE`; FileError
 */
export async function readAlerts(source: string, weightsSha256: string | null): Promise<WantedAlerts> {
  if (source === AUTO_ALERTS) return { rows: AUTO_ROWS, alpha: AUTO_ALPHA };
  const given = await readJson(source);
  const list = rules.safeParse(given);
  return list.success ? { rules: list.data } : fromDrill(given, source, weightsSha256);
}

/**
 * @returns the rules that were made; an existing rule of the same name is left as it is
 * @throws PublishError `ALERTS_NO_BASELINE`, `MODEL_NO_CENTROIDS`; FiddlerError
 */
export async function createAlerts(client: FiddlerClient, model: Model, alerts: WantedAlerts): Promise<AlertRule[]> {
  const wanted =
    'rules' in alerts
      ? alerts.rules.map((rule) => ({ ...rule, model_id: model.id }) as unknown as NewAlertRule)
      : [driftRule(model, await onlyBaseline(client, model), alerts.rows, alerts.alpha)];
  const known = new Set<string>();
  for await (const { name } of client.alertRules.list({ modelId: model.id })) known.add(name);
  const made: AlertRule[] = [];
  for (const rule of wanted) if (!known.has(rule.name)) made.push(await client.alertRules.create(rule));
  return made;
}

/** The smallest window in which the distance saw any corruption, and the drill's own rate of false alarms. */
function fromDrill(given: unknown, path: string, weightsSha256: string | null): { rows: number; alpha: number } {
  const found = drill.safeParse(given);
  if (!found.success) {
    throw new PublishError('ALERTS_FILE', `${path}: is neither a list of alert rules nor what drill --json prints`);
  }
  const { weights_sha256: weights, alpha, window_sizes: sizes, corruptions } = found.data;
  if (weights != null && weightsSha256 !== null && weights !== weightsSha256) {
    const message = `${path}: the drill is of weights ${weights.slice(0, 12)}, the events are of ${weightsSha256.slice(0, 12)}`;
    throw new PublishError('ALERTS_FILE', message, { hint: 'Run drill with the weights that made the events.' });
  }
  if (!corruptions.some(({ seen_from }) => DISTANCE in seen_from)) {
    const message = `${path}: the drill did not measure the JS distance, which the rule is about`;
    const hint = `Run drill with --methods ${DISTANCE}.`;
    throw new PublishError('ALERTS_FILE', message, { hint });
  }
  const seen = (i: number) => corruptions.some(({ seen_from }) => (seen_from[DISTANCE]?.[i] ?? null) !== null);
  return { rows: sizes.find((_, i) => seen(i)) ?? (sizes.at(-1) as number), alpha };
}

function driftRule(model: Model, baseline: Baseline, rows: number, alpha: number): NewAlertRule {
  const centroids = serverCentroids(model.spec, EMBEDDING_FEATURE)?.centroids;
  if (centroids === undefined) {
    throw new PublishError('MODEL_NO_CENTROIDS', `model ${model.name} ${model.version}: the server shows no centroids`);
  }
  const known = baseline.row_count ?? 0;
  const baselineRows = known > 0 ? known : rows;
  const distance = (rate: number) => distanceWithoutDrift(centroids.length, baselineRows, rows, rate);
  return {
    name: `image drift: ${EMBEDDING_FEATURE} by day`,
    model_id: model.id,
    metric_id: 'jsd',
    feature_names: [EMBEDDING_FEATURE],
    baseline_id: baseline.id,
    priority: 'HIGH',
    bin_size: 'Day',
    compare_to: 'raw_value',
    condition: 'greater',
    warning_threshold: distance(alpha),
    critical_threshold: distance(alpha / CRITICAL_RARER),
  };
}

/** The JS distance (natural logarithm) that a share `alpha` of windows without drift exceed, to four digits. */
function distanceWithoutDrift(bins: number, baselineRows: number, rows: number, alpha: number): number {
  const freedom = Math.max(1, bins - 1);
  const spread = 2 / (9 * freedom);
  const quantile = freedom * (1 - spread + normalQuantile(1 - alpha) * Math.sqrt(spread)) ** 3;
  const distance = Math.sqrt((quantile / 8) * (1 / baselineRows + 1 / rows));
  return Math.min(Math.sqrt(Math.LN2), Number(distance.toPrecision(4)));
}

/** M. Abramowitz, I. Stegun, Handbook of Mathematical Functions (1964), 26.2.23: to 4.5e-4; for p above a half. */
function normalQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - p));
  const above = 2.515517 + 0.802853 * t + 0.010328 * t * t;
  return t - above / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3);
}

async function onlyBaseline(client: FiddlerClient, model: Model): Promise<Baseline> {
  const found: Baseline[] = [];
  for await (const baseline of client.baselines.listOf(model.id)) if (baseline.type === 'STATIC') found.push(baseline);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = found.map(({ name }) => name).join(', ');
  const has = found.length === 0 ? 'has no baseline yet' : `has ${found.length} baselines (${names})`;
  const message = `model ${model.name} ${model.version} ${has}, one is needed for --alerts`;
  throw new PublishError('ALERTS_NO_BASELINE', message, {
    hint:
      found.length === 0
        ? 'Publish the baseline, then run onboard again with --alerts.'
        : 'Give the rules in a file, with the baseline_id of the one that is meant.',
  });
}

async function readJson(path: string): Promise<unknown> {
  const text = await readSmallText(path, MAX_BYTES, 'a file of alert rules');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PublishError('ALERTS_FILE', `${path}: is not JSON`, { cause: error });
  }
}
