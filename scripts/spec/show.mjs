/** The output of the runner: a line or more for each spec that ended, and the totals. */
import { stripVTControlCharacters, styleText } from 'node:util';

const SLOWEST = 5;

/** A spec that passed gets one line, followed by its output without uvu's dots. A spec that failed is shown whole. */
export function showSpec({ name, output, total, passed, wall, processor, failure }) {
  const time = `${wall.toFixed(1)} s (processor ${processor.toFixed(1)} s)`;
  if (failure !== null) {
    process.stdout.write(`${mark('red', '✘')} ${name}  ${failure}, ${time}\n${output.trimEnd()}\n\n`);
    return;
  }
  const said = withoutTotals(output).filter((line) => line !== name && !isDots(line));
  const lines = [`${mark('green', '•')} ${name}  ${passed} of ${total}, ${time}`, ...said.map((line) => `    ${line}`)];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function mark(color, sign) {
  return process.stdout.isTTY && !process.env['NO_COLOR'] ? styleText(color, sign) : sign;
}

function withoutTotals(output) {
  const lines = stripVTControlCharacters(output).split('\n');
  const totals = lines.findLastIndex((line) => line.startsWith('  Total: '));
  return lines.slice(0, totals === -1 ? undefined : totals).filter((line) => line.trim() !== '');
}

/** `• • •   (3 / 3)`, perhaps with the name of the suite before it. */
function isDots(line) {
  return /(• )* *\(\d+ \/ \d+\)$/.test(line);
}

/**
 * The totals in uvu's words. A file that failed as a whole (it died, hung, or has no tests) counts as one failed check,
 * besides the checks that it ran.
 */
export function showSummary(results, seconds) {
  const sum = (number) => results.reduce((total, result) => total + number(result), 0);
  const failed = results.filter(({ failure }) => failure !== null);
  const wholeFiles = failed.filter(({ total, passed }) => (total ?? 0) === passed).length;
  const slowest = [...results].sort((a, b) => b.wall - a.wall).slice(0, SLOWEST);
  console.log(`\nslowest: ${slowest.map(({ name, wall }) => `${name} ${wall.toFixed(1)} s`).join(', ')}`);
  for (const { name, failure } of failed) console.log(`failed: ${name} ${failure}`);
  console.log(`
  Total:     ${sum(({ total }) => total ?? 0) + wholeFiles}
  Passed:    ${sum(({ passed }) => passed)}
  Skipped:   ${sum(({ skipped }) => skipped)}
  Files:     ${results.length}
  Duration:  ${seconds.toFixed(1)} s, ${sum(({ processor }) => processor).toFixed(1)} s of processor time
`);
}
