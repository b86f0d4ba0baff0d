/** What a local validation found: the first of each kind in full, and how often it came. */
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
    throw new PublishError(first.code, `${first.message}${alike}${also}`, {
      hint: `${first.hint === null ? '' : `${first.hint} `}Nothing was sent; --dry-run shows everything that was found.`,
    });
  }
}
