/** What of a report the script in the page needs. The rest is in the page as text already. */
import { fallOf } from './harm.js';
import { mostChanged } from './numbers/index.js';
import type { ReportData, ReportedMethod, ReportedWindow, ReportWindow } from './report-data.js';
import type { RemadePair } from './section-data.js';

export type PageWindow = Pick<
  ReportedWindow,
  'name' | 'rows' | 'skipped' | 'accuracy' | 'verdict' | 'alarmed_by' | 'causes' | 'methods'
> & {
  /** How far measured accuracy fell beyond chance; 0 if it did not. */
  fall: number;
};

export type PageDetails = Omit<ReportWindow, 'rowsNeeded' | 'labelled' | 'estimatedAccuracy' | 'explained'> & {
  pairs: readonly RemadePair[];
  /** Classes that changed less than those in `predicted`. */
  classesLeft: number;
};

export interface PageData
  extends Pick<ReportData, 'alpha' | 'methods' | 'clusterNames' | 'projection' | 'thumbnails' | 'pictures' | 'remade'> {
  drift: { windows: readonly PageWindow[] };
  windows: readonly PageDetails[];
}

export function pageDataOf(data: ReportData): PageData {
  const { alpha, methods, clusterNames, projection, thumbnails, pictures, remade, drift, windows } = data;
  return {
    alpha,
    methods,
    clusterNames,
    drift: { windows: drift.windows.map(pageWindow) },
    windows: windows.map(pageDetails),
    projection: projection && {
      ...projection,
      pca: shorter(projection.pca),
      umap: projection.umap && shorter(projection.umap),
    },
    thumbnails,
    pictures,
    remade,
  };
}

function pageWindow(window: ReportedWindow): PageWindow {
  const { name, rows, skipped, accuracy, verdict, alarmed_by, causes, methods } = window;
  const known = Object.entries(methods).map(([method, report]) => [method, report && shortMethod(report)] as const);
  return {
    name,
    rows,
    skipped,
    accuracy,
    fall: told(fallOf(window)),
    verdict,
    alarmed_by,
    causes,
    methods: Object.fromEntries(known),
  };
}

function shortMethod({ value, low, high, band, p, p_adjusted, verdict }: ReportedMethod): ReportedMethod {
  return {
    value: told(value),
    low: low === null ? null : told(low),
    high: high === null ? null : told(high),
    band: band && [told(band[0]), told(band[1])],
    p: p === null ? null : told(p),
    p_adjusted: p_adjusted === null ? null : told(p_adjusted),
    verdict,
  };
}

function pageDetails({
  rowsNeeded: _,
  labelled: __,
  estimatedAccuracy: ___,
  explained,
  ...details
}: ReportWindow): PageDetails {
  const { clusters, predicted } = details;
  const kept = predicted && mostChanged(predicted);
  return {
    ...details,
    pairs: explained?.pairs ?? [],
    clusters: { baseline: shorter(clusters.baseline), window: shorter(clusters.window) },
    predicted: kept?.map((one) => ({ ...one, baseline: short(one.baseline), window: short(one.window) })) ?? null,
    classesLeft: (predicted?.length ?? 0) - (kept?.length ?? 0),
  };
}

function shorter(values: readonly number[]): number[] {
  return values.map(short);
}

/** A number that the page rounds: rounded twice to few digits, it would differ from the terminal's. */
function told(value: number): number {
  return Number(value.toPrecision(10));
}

/** The digits that a chart can show. Values that are not finite stay, and become null in JSON. */
function short(value: number): number {
  return Number(value.toPrecision(5));
}
