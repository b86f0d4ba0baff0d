/** Populations and sizes whose baselines are looked at one by one, by the distance of clusters and by the default alike. */

export interface ConditionalCell {
  population: string;
  baselineRows: number;
  windowRows: number[];
}

export const CONDITIONAL_CELLS: readonly ConditionalCell[] = [
  { population: 'Gaussian mixture', baselineRows: 4_000, windowRows: [1_000] },
  { population: 'Gaussian mixture', baselineRows: 1_000, windowRows: [400, 1_000] },
  { population: 'CIFAR-10 embeddings', baselineRows: 1_000, windowRows: [400, 1_000] },
  { population: 'tiny clusters', baselineRows: 1_000, windowRows: [400, 1_000] },
];

/** A baseline that calls a larger share of its quiet windows drift has bad luck. */
export const TOO_OFTEN = 0.1;
