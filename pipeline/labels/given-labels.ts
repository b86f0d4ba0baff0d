/** Labels and their plan, found among the rows of event tables. */
import type { LabelledRow } from '../../drift/index.js';
import { LabelError } from './label-error.js';
import { classIndex, type LabelLine, LineFinder, readLabels, readPlan, readSeveralLabels } from './labels-file.js';
import type { EventRow, EventRows } from './read-rows.js';

export interface RowLabel {
  row: EventRow;
  /** Index of the class. */
  label: number;
  planned: LabelledRow['planned'];
}

export interface PlanStrata {
  /** Rows that each stratum stands for, by name. */
  rows: ReadonlyMap<string, number>;
  /** The rows that were planned, and their strata. */
  planned: ReadonlyMap<EventRow, string>;
}

export interface GivenLabels {
  labels: RowLabel[];
  plan: PlanStrata | null;
}

interface Files {
  labels: string;
  labelPlan?: string | undefined;
}

/**
 * @param where the tables, for messages
 * @throws LabelError `LABELS_CHOSEN`, `LABELS_UNKNOWN`, `LABELS_TWICE`, `LABELS_CLASS_UNKNOWN`, `LABELS_NOT_PLANNED`,
 *   `LABELS_TOO_FEW`, `LABELS_COLUMN_MISSING`, `PLAN_PROBABILITY`
 */
export async function givenLabels(
  events: EventRows,
  where: string,
  { labels, labelPlan }: Files,
): Promise<GivenLabels> {
  const { lines, chosenBy } = await readLabels(labels);
  if (chosenBy !== null && labelPlan === undefined) throw chosen(labels, chosenBy);
  if (lines.length === 0) throw new LabelError('LABELS_TOO_FEW', `${labels}: no line has a label`);
  const plan = labelPlan === undefined ? null : found(await readPlan(labelPlan), events.rows, where);
  const given = found(lines, events.rows, where);
  const labelled = [...given].map(([row, line]): RowLabel => {
    const label = classIndex(line, events.classes);
    const own = plan?.get(row);
    if (plan !== null && own === undefined) {
      throw new LabelError('LABELS_NOT_PLANNED', `${line.place}: no line of ${labelPlan} is about this event`, {
        hint: 'Labels of a plan and others cannot be counted together: nobody knows the chances of the others.',
      });
    }
    return { row, label, planned: own ? { stratum: own.stratum!, probability: own.probability! } : null };
  });
  return { labels: labelled, plan: plan && strataOf(plan, labelled, labelPlan!) };
}

/** What somebody says of a row: whether each label holds, null where nobody says. */
export type Marks = ReadonlyMap<EventRow, readonly (boolean | null)[]>;

/**
 * Labels of which several may hold.
 * @throws LabelError `LABELS_SEVERAL` with a plan; `LABELS_ONE_COLUMN`, `LABELS_VALUE`; as `givenLabels`
 */
export async function givenMarks(events: EventRows, where: string, { labels, labelPlan }: Files): Promise<Marks> {
  if (labelPlan !== undefined) throw severalLabels(where, 'no plan chooses images for them (--label-plan)');
  const { lines, chosenBy } = await readSeveralLabels(labels, events.classes);
  if (chosenBy !== null) throw chosen(labels, chosenBy);
  if (lines.length === 0) throw new LabelError('LABELS_TOO_FEW', `${labels}: no line has a label`);
  return new Map([...found(lines, events.rows, where)].map(([row, { marks }]) => [row, marks]));
}

/** @param why it cannot be done */
export function severalLabels(where: string, why: string): LabelError {
  return new LabelError('LABELS_SEVERAL', `${where}: several labels may hold, and ${why}`);
}

function chosen(labels: string, by: string): LabelError {
  return new LabelError('LABELS_CHOSEN', `${labels}: the images were chosen by ${by}, and are no random draw`, {
    hint:
      by === 'unlikeness'
        ? 'The model is worse on images that look odd. label-plan chooses images whose labels say how accurate it is.'
        : 'Give the plan, too: --label-plan plan.csv.',
  });
}

function found<Line extends LabelLine>(
  lines: readonly Line[],
  rows: readonly EventRow[],
  where: string,
): Map<EventRow, Line> {
  const finder = new LineFinder(lines);
  const pairs = rows.flatMap((row) => {
    const line = finder.of(row.id, [row.imageUrl, row.imagePath]);
    return line === null ? [] : [[row, line] as const];
  });
  finder.checkAll(where);
  return new Map(pairs);
}

/** @throws LabelError `LABELS_TOO_FEW` */
function strataOf(plan: ReadonlyMap<EventRow, LabelLine>, labels: readonly RowLabel[], path: string): PlanStrata {
  const rows = new Map<string, number>();
  for (const { stratum, probability } of plan.values()) {
    rows.set(stratum!, (rows.get(stratum!) ?? 0) + 1 / probability!);
  }
  const labelled = new Set(labels.map(({ planned }) => planned!.stratum));
  const empty = [...rows.keys()].find((stratum) => !labelled.has(stratum));
  if (empty !== undefined) {
    const planned = [...plan.values()].filter(({ stratum }) => stratum === empty).length;
    throw new LabelError(
      'LABELS_TOO_FEW',
      `${path}: of stratum ${empty}, 0 of ${planned} images have a label, 1 is needed`,
    );
  }
  return { rows, planned: new Map([...plan].map(([row, { stratum }]) => [row, stratum!])) };
}
