/**
 * Judges windows in their order. It is a pure function of the profile, the promise, the sums of the windows and the
 * acknowledgements, so it does not matter in which order files came.
 */
import { exp } from '../base/math/index.js';
import { chiSquareQuantile, type Profile } from '../drift/index.js';
import { addToSums, type BlockName, copyOfSums, type Sums } from '../drift/monitor/index.js';
import { type BaselineBlock, baselineContext } from './baseline-context.js';
import type { BlockView } from './block-view.js';
import { limitsFor } from './limits.js';
import { Month } from './month.js';
import { type MonitorPromise, phaseOf, type Rates, ratesOf, type TestName } from './promise.js';
import { changePoint, type PastWindow } from './since.js';
import type { Spread } from './spread.js';
import { addPart, asIfKnown, type Metric, type Part, partOf, Stream } from './stream.js';

export interface MonitorWindow {
  /** Milliseconds since 1970; `to` is the start of the next. */
  from: number;
  to: number;
  /** With products. */
  all: Sums;
  /** By value of the promise's `by`, without products; empty if there is none. */
  by: ReadonlyMap<string, Sums>;
}

export interface Acknowledgement {
  /** The end of the last window when it was given. */
  at: number;
}

/** What a test says at one window. */
export interface TestReport {
  test: TestName;
  block: BlockName;
  /** The value of the promise's `by`; null for all rows. */
  by: string | null;
  statistic: number;
  /** In quiet, the statistic is above it as seldom as promised. */
  limit: number;
}

/** Its `by` is also named where all rows alarmed, and one value is much nearer to its limit than the others. */
export interface Alarm extends TestReport {
  /** The start of the window that alarmed, milliseconds since 1970. */
  at: number;
  /** The start of the window from which on windows are other ones, and the first and last that it may be. */
  since: number;
  sinceLow: number;
  sinceHigh: number;
  /** The end of the window before which it was acknowledged; null while it is open. */
  acknowledged: number | null;
}

export interface TimelineEntry {
  from: number;
  to: number;
  rows: number;
  effectiveRows: number;
  /** Those of the test that is nearest to its limit; null where nothing is judged yet. */
  statistic: number | null;
  limit: number | null;
  /** Whether an alarm is open after this window. */
  alarmed: boolean;
  tests: readonly TestReport[];
}

export interface MonitorRun {
  timeline: readonly TimelineEntry[];
  /** The one that is open. */
  alarm: Alarm | null;
  /** All, the first one first. */
  alarms: readonly Alarm[];
}

/**
 * @param windows in the order of time, each once
 * @throws MonitorError `PROFILE_WITHOUT_SUMS`
 */
export function runMonitor(
  profile: Profile,
  promise: MonitorPromise,
  windows: readonly MonitorWindow[],
  acknowledged: readonly Acknowledgement[] = [],
): MonitorRun {
  const run = new Run(profile, promise, windows);
  const times = acknowledged.map(({ at }) => at).sort((a, b) => a - b);
  const timeline = windows.map((_, place) => run.judge(place, times));
  const last = times.at(-1);
  if (last !== undefined) run.acknowledge(last);
  return { timeline, alarm: run.open, alarms: run.alarms };
}

/** A block of all rows, and of each value of `by`. */
interface Judged {
  baseline: BaselineBlock;
  all: Stream;
  by: Map<string, Stream>;
  month: Month;
  rates: Rates;
  /** Limits of one window and of 28 days. */
  limits: { window: number; month: number };
  spread: Spread;
  /** Squared residuals of quiet windows that are too young to say how much windows vary. */
  young: { window: number; square: number }[];
  factor: Float64Array;
  /** Rows of which the factor is. */
  factorRows: number;
}

/** A change of the last windows must not count as variation. */
const YOUNG_WINDOWS = 10;
/** One window with fewer independent rows is judged with others alone. */
const LEAST_ROWS_ALONE = 50;
/** The covariance is computed again when it is of so many times the rows. */
const GROWTH = 1.2;

class Run {
  readonly #promise: MonitorPromise;
  readonly #windows: readonly MonitorWindow[];
  readonly #context;
  readonly #judged: readonly Judged[];
  readonly #isQuiet: boolean[] = [];
  /** Parts of the window that is judged. */
  readonly #parts = new Map<Stream, Part>();
  readonly alarms: Alarm[] = [];
  /** Held-out rows of the baseline, and quiet windows. */
  readonly #sums: Sums;

  constructor(profile: Profile, promise: MonitorPromise, windows: readonly MonitorWindow[]) {
    this.#promise = promise;
    this.#windows = windows;
    this.#context = baselineContext(profile, promise);
    const names = this.#context.blocks.map(({ view }) => view.block.name);
    this.#sums = copyOfSums(this.#context.heldOut);
    this.#judged = this.#context.blocks.map((baseline) => {
      const all = new Stream(baseline.view);
      const { factor } = baseline;
      const factorRows = baseline.view.rows(this.#sums);
      const { size, block } = baseline.view;
      const rates = ratesOf(promise, block.name, names);
      const limitAt = (rate: number) => chiSquareQuantile(exp(-rate), size);
      const limits = { window: limitAt(rates.window), month: limitAt(rates.month) };
      const month = new Month(baseline.references, size);
      const spread = baseline.spread.copy();
      return { baseline, all, by: new Map(), month, rates, limits, spread, young: [], factor, factorRows };
    });
    this.#startReferences();
  }

  get open(): Alarm | null {
    const last = this.alarms.at(-1);
    return last?.acknowledged === null ? last : null;
  }

  #startReferences(): void {
    for (const { baseline, all } of this.#judged) {
      for (const [phase, part] of baseline.references) addPart(all.reference(phase), part);
    }
  }

  /** Ends the open alarm if the acknowledgement was given after its window. */
  acknowledge(at: number): void {
    const { open } = this;
    if (open === null || at <= open.at) return;
    open.acknowledged = at;
    for (const { all, by, month } of this.#judged) for (const one of [all, month, ...by.values()]) one.restart();
  }

  judge(place: number, acknowledged: readonly number[]): TimelineEntry {
    const window = this.#windows[place]!;
    for (const at of acknowledged) if (at <= window.from) this.acknowledge(at);
    const tests = this.#judged.flatMap((judged) => this.#testsOf(judged, place));
    const worst = tests.reduce<TestReport | null>(
      (most, test) => (most && ratioOf(most) >= ratioOf(test) ? most : test),
      null,
    );
    const isOpen = this.open !== null;
    this.#isQuiet[place] = !isOpen;
    if (!isOpen) this.#join(place);
    this.#parts.clear();
    if (!isOpen && worst !== null && worst.statistic > worst.limit) this.#alarm(place, worst, tests);
    return {
      from: window.from,
      to: window.to,
      rows: window.all.rows,
      effectiveRows: window.all.rows / this.#context.windowEffect(window.all),
      statistic: worst?.statistic ?? null,
      limit: worst?.limit ?? null,
      alarmed: this.open !== null,
      tests,
    };
  }

  #testsOf(judged: Judged, place: number): TestReport[] {
    const { view } = judged.baseline;
    const { by } = this.#windows[place]!;
    const metric = this.#metric(judged);
    const tests = this.#testsOfAll(judged, place, metric);
    if (by.size === 0) return tests;
    const values = [...by].sort(([a], [b]) => (a < b ? -1 : 1));
    // How many values there are decides the limit of each, so all are known before the first is tested.
    for (const [value] of values) if (!judged.by.has(value)) this.#addStream(judged, value);
    const limits = limitsFor(view.size, judged.rates.by(judged.by.size));
    for (const [value, sums] of values) {
      const stream = judged.by.get(value)!;
      if (view.rows(sums) === 0) continue;
      const part = this.#part(view, sums);
      this.#parts.set(stream, part);
      const step = stream.step(part, this.#phase(place), metric);
      if (step === null || !Number.isFinite(metric.spread)) continue;
      const limit = limits.at(step.number);
      tests.push({ test: 'average', block: view.block.name, by: value, statistic: step.statistic, limit });
    }
    return tests;
  }

  #testsOfAll(
    { baseline: { view }, all: stream, month, ...judged }: Judged,
    place: number,
    metric: Metric,
  ): TestReport[] {
    const { from, to, all } = this.#windows[place]!;
    if (view.rows(all) === 0) return [];
    const part = this.#part(view, all);
    this.#parts.set(stream, part);
    const phase = this.#phase(place);
    const tests: TestReport[] = [];
    const add = (test: TestName, statistic: number, limit: number) =>
      tests.push({ test, block: view.block.name, by: null, statistic, limit });
    const beyond = month.step(part, phase, from, to, metric);
    if (beyond !== null) add('month', beyond, judged.limits.month);
    const step = stream.step(part, phase, metric);
    if (step === null) return tests;
    if (this.open === null) judged.young.push({ window: place, square: step.square });
    if (!Number.isFinite(metric.spread)) return tests;
    add('average', step.statistic, limitsFor(view.size, judged.rates.average).at(step.number));
    const one = asIfKnown(step.square / metric.spread, metric.rows, view.size);
    if (step.rows >= LEAST_ROWS_ALONE) add('window', one, judged.limits.window);
    return tests;
  }

  #addStream({ baseline, by }: Judged, value: string): void {
    const stream = new Stream(baseline.view);
    const known = baseline.by.get(value);
    if (known) addPart(stream.reference(0), known);
    by.set(value, stream);
  }

  #metric(judged: Judged): Metric {
    const { young, spread, baseline } = judged;
    const old = this.#windows.length === 0 ? 0 : this.#isQuiet.length - YOUNG_WINDOWS;
    while (young.length > 0 && young[0]!.window < old) spread.add(young.shift()!.square, baseline.view.size);
    const rows = baseline.view.rows(this.#sums);
    if (rows > GROWTH * judged.factorRows) {
      judged.factor = baseline.view.factor(this.#sums);
      judged.factorRows = rows;
    }
    return { factor: judged.factor, rows: judged.factorRows / this.#context.effect, spread: spread.factor };
  }

  #part(view: BlockView, sums: Sums): Part {
    return partOf(view, sums, this.#context.windowEffect(sums));
  }

  #phase(place: number): number {
    return phaseOf(this.#windows[place]!.from, this.#promise);
  }

  /** The window becomes part of what later ones are compared with. */
  #join(place: number): void {
    addToSums(this.#sums, this.#windows[place]!.all);
    const phase = this.#phase(place);
    for (const [stream, part] of this.#parts) addPart(stream.reference(phase), part);
  }

  #alarm(place: number, worst: TestReport, tests: readonly TestReport[]): void {
    const { since, low, high } = this.#since(place, worst);
    const timeOf = (window: number) => this.#windows[window]!.from;
    this.alarms.push({
      ...worst,
      by: worst.by ?? outstanding(tests.filter(({ block }) => block === worst.block)),
      at: timeOf(place),
      since: timeOf(since),
      sinceLow: timeOf(low),
      sinceHigh: timeOf(high),
      acknowledged: null,
    });
    this.#leave(since, place);
  }

  #since(place: number, { block, by }: Pick<TestReport, 'block' | 'by'>) {
    const judged = this.#judged.find(({ baseline }) => baseline.view.block.name === block)!;
    const { view } = judged.baseline;
    const past: PastWindow[] = [];
    const whole: Part = { rows: 0, totals: new Float64Array(view.size) };
    const stream = by === null ? judged.all : judged.by.get(by)!;
    addPart(whole, stream.reference(this.#phase(place)));
    for (let window = 0; window <= place; window++) {
      if (this.#phase(window) !== this.#phase(place)) continue;
      const { all, by: values } = this.#windows[window]!;
      const sums = by === null ? all : values.get(by);
      if (sums && view.rows(sums) > 0)
        past.push({ window, part: this.#part(view, sums), isQuiet: this.#isQuiet[window]! });
    }
    const { factor, spread } = this.#metric(judged);
    return changePoint(past, whole, factor, spread);
  }

  /** Windows from the start of a change on are no part of what others are compared with. */
  #leave(since: number, place: number): void {
    for (let window = since; window <= place; window++) {
      if (!this.#isQuiet[window]) continue;
      this.#isQuiet[window] = false;
      const { all, by } = this.#windows[window]!;
      for (const judged of this.#judged) {
        this.#leaveStream(judged.all, all, window);
        for (const [value, sums] of by) this.#leaveStream(judged.by.get(value)!, sums, window);
      }
    }
    for (const judged of this.#judged) judged.young = judged.young.filter(({ window }) => window < since);
  }

  #leaveStream(stream: Stream, sums: Sums, place: number): void {
    if (stream.view.rows(sums) > 0) addPart(stream.reference(this.#phase(place)), this.#part(stream.view, sums), -1);
  }
}

/** So near to its limit, and so many times nearer than the next one. */
const OUTSTANDING = { ratio: 0.4, times: 2 };

function outstanding(tests: readonly TestReport[]): string | null {
  const [first, second] = tests.filter(({ by }) => by !== null).sort((a, b) => ratioOf(b) - ratioOf(a));
  if (first === undefined || second === undefined || ratioOf(first) < OUTSTANDING.ratio) return null;
  return ratioOf(first) >= OUTSTANDING.times * ratioOf(second) ? first.by : null;
}

function ratioOf({ statistic, limit }: TestReport): number {
  return statistic / limit;
}
