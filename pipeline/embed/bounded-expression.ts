/**
 * A regular expression of a user. One such as `((a+)+)$` takes hours for a name of forty letters, and the process hears no
 * signal meanwhile. So each match ends after `MOST_MS`; two in a row may take that long, as the machine may have slept in
 * one. Both together are less than the second within which a signal ends the program.
 */
import { createContext, Script } from 'node:vm';
import { quoted } from '../../base/index.js';
import { DataError } from '../../data/index.js';

/** A match takes microseconds. */
const MOST_MS = 400;
/** Longer ones take seconds to be compiled, which nothing ends. */
const MOST_CHARACTERS = 2_000;
const MATCH = new Script('expression.exec(text)');
const HINT = 'Write it without a repetition inside of a repetition: a+ instead of (a+)+.';

/**
 * The first group of a match, or all of it where the expression has no group; null where nothing matches.
 * @param option that the expression is of
 * @throws DataError `BAD_OPTION`, also when the function is called
 */
export function boundedExpression(option: string, source: string): (text: string) => string | null {
  const context = createContext({ expression: compiled(option, source), text: '' });
  return (text) => {
    context['text'] = text;
    const match = once(context) ?? once(context);
    if (match instanceof Error) {
      throw new DataError('BAD_OPTION', `${option}: ${quoted(source)} cannot be applied to ${quoted(text)}`, {
        cause: match,
      });
    }
    if (match !== undefined) return match.first;
    throw new DataError(
      'BAD_OPTION',
      `${option}: ${quoted(source)} takes more than ${MOST_MS} ms for ${quoted(text)}`,
      {
        hint: HINT,
      },
    );
  };
}

/** Undefined where it took too long; an error where the expression is too large, which is found out when it is used. */
function once(context: object): { first: string | null } | Error | undefined {
  try {
    const match = MATCH.runInContext(context, { timeout: MOST_MS }) as RegExpExecArray | null;
    return { first: match === null ? null : (match[1] ?? match[0]) };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? undefined : new Error(message);
  }
}

function compiled(option: string, source: string): RegExp {
  if (source.length > MOST_CHARACTERS) {
    const lengths = `${source.length.toLocaleString('en')} characters, at most ${MOST_CHARACTERS.toLocaleString('en')}`;
    throw new DataError('BAD_OPTION', `${option}: an expression of ${lengths} are possible`);
  }
  try {
    return new RegExp(source, 'u');
  } catch (error) {
    throw new DataError('BAD_OPTION', `${option}: ${quoted(source)} is no regular expression`, { cause: error });
  }
}
