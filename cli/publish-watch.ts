/** What a running publish shows: a line on a terminal, and warnings and waits as lines of their own. */

import { printable } from '../base/index.js';
import type { Problem, PublishOptions } from '../fiddler/publish/index.js';
import { say, writeMarked } from './output.js';
import { Progress } from './progress.js';

/** On stdout for a dry run, whose result it is; on stderr beside a publish. */
export function writeProblem(stream: NodeJS.WriteStream, { severity, code, message, count, hint }: Problem): void {
  const more = count > 1 ? ` (and ${(count - 1).toLocaleString('en')} more like it)` : '';
  const rest = `: ${printable(message)}${more}${hint === null ? '' : `\n  ${printable(hint)}`}`;
  writeMarked(stream, severity === 'error' ? 'red' : 'yellow', `${severity} ${code}`, rest);
}

export class PublishWatch {
  #waiting: string | null = null;

  readonly #quiet: boolean;
  readonly #bar: Progress;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
    this.#bar = new Progress(quiet);
  }

  readonly update: NonNullable<PublishOptions['onProgress']> = (progress) => {
    switch (progress.stage) {
      case 'checking':
        this.#bar.update('checking', progress.rows, null, 'events');
        break;
      case 'planned':
        this.end();
        if (!this.#quiet) for (const problem of progress.warnings) writeProblem(process.stderr, problem);
        if (progress.doneRows > 0 && progress.doneRows < progress.rows) {
          say(this.#quiet, `${progress.journal}: going on after ${progress.doneRows.toLocaleString('en')} events`);
        }
        break;
      case 'publishing':
        this.#bar.update('publishing', progress.rows, progress.total, 'events');
        break;
      case 'waiting':
        if (this.#waiting !== progress.what) say(this.#quiet, `waiting for ${progress.what}`);
        this.#waiting = progress.what;
        break;
      case 'warning':
        if (!this.#quiet) writeProblem(process.stderr, progress.problem);
        break;
    }
  };

  end(): void {
    this.#bar.end();
  }
}
