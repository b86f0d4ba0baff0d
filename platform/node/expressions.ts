import { createContext, Script } from 'node:vm';

const MATCH = new Script('expression.exec(text)');

/** An error with the code `ERR_SCRIPT_EXECUTION_TIMEOUT` ends what takes longer. */
export function boundedMatch(expression: RegExp, milliseconds: number): (text: string) => RegExpExecArray | null {
  const context = createContext({ expression, text: '' });
  return (text) => {
    context['text'] = text;
    return MATCH.runInContext(context, { timeout: milliseconds }) as RegExpExecArray | null;
  };
}
