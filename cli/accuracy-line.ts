/** How many predictions are right: `1,910 of 2,000 predictions are correct: 95.50 %`. */
export function accuracyLine(correct: number, labelled: number): string {
  const [right, all] = [correct, labelled].map((count) => count.toLocaleString('en'));
  return `${right} of ${all} ${labelled === 1 ? 'prediction is' : 'predictions are'} correct: ${((100 * correct) / labelled).toFixed(2)} %`;
}
