/** What a cause of the library does, in a few words for people. */
import { type CauseSetting, causeMake } from './apply-causes.js';
import { type CauseFamily, causeLibrary } from './library.js';

/** `darker` where the family has words for its two directions, else its summary. */
export function causeSummary(cause: CauseSetting): string {
  const { summary, directions }: CauseFamily = causeLibrary[cause.family];
  const { neutral } = causeMake(cause);
  if (directions === undefined || neutral === null || cause.strength === neutral) return summary;
  return cause.strength < neutral ? directions[0] : directions[1];
}
