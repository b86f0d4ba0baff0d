import { printable } from '../base/index.js';
import { SERVER_SOURCES, type ServerNumbers, type Verification, type VerifiedBin } from '../fiddler/publish/index.js';
import { formatTable } from './table.js';

const COLUMNS = ['from', '>rows', '>JSD ours', '>JSD server', '>PSI ours', '>PSI server', '>difference', ''];

export function verificationTable(verification: Verification): string {
  const { bins, tolerance, offered, feature, baseline, model } = verification;
  const told = SERVER_SOURCES.filter((source) => offered[source]);
  const silent = SERVER_SOURCES.filter((source) => !offered[source]);
  const differing = bins.filter(({ agrees }) => !agrees);
  return [
    formatTable(COLUMNS, bins.map(line)),
    '',
    `${printable(`${feature} of ${model.name} ${model.version} against ${baseline}`)}; JSD: square root, natural logarithm; PSI: one row more in every bin.`,
    `The server was asked through ${told.join(', ')}${silent.length > 0 ? `; it does not offer ${silent.join(', ')}` : ''}.`,
    differing.length === 0
      ? `Every number of the server is ours, to ${tolerance}.`
      : `${differing.length} of ${bins.length} differ by more than ${tolerance}.`,
    ...differing.flatMap((bin) => ['', ...sideBySide(bin)]),
  ].join('\n');
}

function line(bin: VerifiedBin): string[] {
  const { name, rows, ours, difference, agrees } = bin;
  const theirs = SERVER_SOURCES.map((source) => bin.server.numbers[source]).find((numbers) => numbers !== undefined);
  return [
    name,
    rows.toLocaleString('en'),
    shownNumber(ours.jsd),
    shownNumber(theirs?.jsd),
    shownNumber(ours.psi),
    shownNumber(theirs?.psi),
    shownDifference(difference),
    agrees ? '' : 'differs',
  ];
}

function shownDifference(difference: number): string {
  if (!Number.isFinite(difference)) return '-';
  return difference === 0 ? '0' : difference.toExponential(1);
}

function shownNumber(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(6);
}

function sideBySide({ name, ours, server }: VerifiedBin): string[] {
  const sources = Object.entries(server.numbers) as [string, ServerNumbers][];
  const numbers = sources.map(
    ([source, { jsd, psi }]) => `${source}: JSD ${shownNumber(jsd)}, PSI ${shownNumber(psi)}`,
  );
  const { histogram } = server;
  const bins = Math.max(ours.production.length, histogram?.bins.length ?? 0);
  const columns = ['bin', '>baseline ours', '>server', '>production ours', '>server'];
  const count = (value: number | undefined) => value?.toLocaleString('en', { maximumFractionDigits: 6 }) ?? '-';
  const rows = Array.from({ length: bins }, (_, i) => [
    // The server's own labels may count from 0; everything of ours counts from 1.
    `cluster ${i + 1}`,
    count(ours.baseline[i]),
    count(histogram?.baseline[i]),
    count(ours.production[i]),
    count(histogram?.production[i]),
  ]);
  return [`${printable(name)}, server by ${numbers.join('; ')}`, formatTable(columns, rows)];
}
