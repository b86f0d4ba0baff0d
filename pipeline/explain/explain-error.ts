import { CodedError } from '../../errors/index.js';

/** A window that cannot be explained at all: no labels, too few rows, or images of another baseline. */
export class ExplainError extends CodedError {
  override readonly name = 'ExplainError';
}

/** The time for all is up. @param budget in milliseconds */
export function budgetUp(budget: number): ExplainError {
  const message = `the budget of ${Number((budget / 1000).toPrecision(3))} s was up before a cause was tried`;
  return new ExplainError('EXPLAIN_BUDGET', message, {
    hint: 'Give more time; what was found about the baseline is kept, unless --no-keep is given.',
  });
}

export function isBudgetUp(error: unknown): boolean {
  return error instanceof ExplainError && error.code === 'EXPLAIN_BUDGET';
}
