/** The line that Fiddler's quickstart notebook prints, to the letter. */
export function accuracyLine(correct: number, labelled: number): string {
  return `${correct}/${labelled}: ${((100 * correct) / labelled).toFixed(1).padStart(5)}% correct predictions.`;
}
