/** What a publish tells: what a local validation found, how far it is, and what comes out of it. */
import { PublishError } from './publish-error.js';

export interface Problem {
  severity: 'error' | 'warning';
  code: string;
  /** The message of the first problem of this kind, with its file and row. */
  message: string;
  hint: string | null;
  count: number;
}

export class Problems {
  readonly #byCode = new Map<string, Problem>();

  /** @param message of a first one only, so that a million alike cost nothing */
  add(severity: Problem['severity'], code: string, message: () => string, hint: string | null = null): void {
    const before = this.#byCode.get(code);
    if (before === undefined) this.#byCode.set(code, { severity, code, message: message(), hint, count: 1 });
    else before.count++;
  }

  /** Errors first. */
  list(): Problem[] {
    return [...this.#byCode.values()].sort(
      (a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'),
    );
  }

  /** @throws PublishError the first error, telling how many others there are */
  throwErrors(): void {
    const errors = this.list().filter(({ severity }) => severity === 'error');
    const first = errors[0];
    if (first === undefined) return;
    const alike = first.count > 1 ? ` (and ${(first.count - 1).toLocaleString('en')} more like it)` : '';
    const others = errors.slice(1).map(({ code }) => code);
    const also = others.length > 0 ? `; also ${others.join(', ')}` : '';
    const hint = `${first.hint === null ? '' : `${first.hint} `}Nothing was sent; --dry-run shows everything that was found.`;
    throw new PublishError(first.code, `${first.message}${alike}${also}`, { hint });
  }
}

export type PublishProgress =
  | { stage: 'checking'; rows: number }
  /** Validated: what is planned, and the warnings. */
  | { stage: 'planned'; rows: number; chunks: number; doneRows: number; journal: string; warnings: readonly Problem[] }
  | { stage: 'publishing'; rows: number; total: number }
  | { stage: 'waiting'; what: string }
  | { stage: 'warning'; problem: Problem };

/**
 * What `publishEvents` has done.
 *
 * @example
 * ```ts
 * import type { Published } from 'image-drift';
 *
 * function describe({ rows, sent, alreadyThere, finished }: Published): string {
 *   return `${sent} of ${rows} events sent, ${alreadyThere} were there${finished ? '' : ', jobs are still running'}`;
 * }
 * ```
 */
export interface Published {
  /** Events of the plan. */
  rows: number;
  /** Events that this run sent and that were not there before. */
  sent: number;
  /** Events that this run found on the server or, from an earlier run, done in the journal. */
  alreadyThere: number;
  /** Jobs that this run began or waited for. */
  jobs: readonly string[];
  /** Lost answers that were looked up, of this run. */
  lookedUp: number;
  /** Path of the journal. */
  journal: string;
  /** False with `wait: false` while jobs are not known to have ended. */
  finished: boolean;
  /** Whether the events were read back from the server; false where it does not allow it, null if not asked. */
  confirmed: boolean | null;
  /** What may be wrong with the events, although they can be published. */
  warnings: readonly Problem[];
}
