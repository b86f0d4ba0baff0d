/** An accuracy below that of guessing: such a network is not worse, its labels are read in another way. */

/** Standard errors below what guessing gives. */
const CERTAIN = 3;

/**
 * The share of right guesses among so many classes, where the accuracy lies below it by more than chance; null elsewhere.
 *
 * @param labels how many independent rows have a label
 */
export function guessesBeyond(accuracy: number, labels: number, classes: number): number | null {
  const share = 1 / classes;
  return accuracy < share - CERTAIN * Math.sqrt((share * (1 - share)) / labels) ? share : null;
}
