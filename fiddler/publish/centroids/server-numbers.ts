/**
 * The numbers that Fiddler charts for an embedding, computed here from counts by Fiddler's own centroids.
 *
 * JSD: square root of the divergence, natural logarithm (scipy's `jensenshannon`, to which Fiddler's documentation
 * links). PSI: natural logarithm, one row more in every bin (Fiddler's documentation). No verdict: that is `drift/`.
 */
import { jensenShannonDistance, populationStabilityIndex } from '../../../drift/index.js';
import { PublishError } from '../publish-error.js';

export interface ServerNumbers {
  /** 0 to 0.8326. */
  jsd: number;
  psi: number;
}

/** @throws DriftError `HISTOGRAM_…` when a side is empty or the sides differ in length */
export function serverNumbers(baseline: readonly number[], window: readonly number[]): ServerNumbers {
  return {
    jsd: jensenShannonDistance(baseline, window, { base: 'e' }),
    psi: populationStabilityIndex(baseline, window),
  };
}

/** What a table of events says of the model that made them; null or empty where it does not. */
export interface EventsOrigin {
  dimensions: number;
  classes: readonly string[];
  weightsSha256: string | null;
  tap: string | null;
}

/** The same of centroids: their length, and of which events they were found in. */
export interface CentroidsOrigin extends Omit<EventsOrigin, 'dimensions'> {
  centroids: readonly (readonly number[])[];
}

/**
 * Refuses events that another network or layer made. What one side does not say is not compared.
 * @param what names the events, `whose` the other side
 * @throws PublishError `EVENTS_OTHER_DIMENSIONS`, `EVENTS_OTHER_WEIGHTS`, `EVENTS_OTHER_TAP`, `EVENTS_OTHER_CLASSES`
 */
export function checkSameOrigin(events: EventsOrigin, known: CentroidsOrigin, what: string, whose: string): void {
  const length = known.centroids[0]?.length ?? 0;
  if (events.dimensions !== length) {
    throw otherModel(
      'DIMENSIONS',
      `${what}: embeddings of ${events.dimensions} values, ${whose} has centroids of ${length}`,
    );
  }
  if (differ(events.weightsSha256, known.weightsSha256)) {
    throw otherModel(
      'WEIGHTS',
      `${what}: weights sha256 ${events.weightsSha256}, ${whose} was made with ${known.weightsSha256}`,
    );
  }
  if (differ(events.tap, known.tap)) {
    throw otherModel('TAP', `${what}: embeddings of the layer ${events.tap}, ${whose} was made with ${known.tap}`);
  }
  const [found, needed] = [events.classes.join(', '), known.classes.join(', ')];
  if (found !== '' && needed !== '' && found !== needed) {
    throw otherModel('CLASSES', `${what}: classes ${found}; ${whose} has ${needed}`);
  }
}

function differ(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}

function otherModel(which: string, message: string): PublishError {
  return new PublishError(`EVENTS_OTHER_${which}`, message, {
    hint: 'Distances between different networks or layers say nothing of drift. A new network is a new version: image-drift onboard --model-version v2.',
  });
}
