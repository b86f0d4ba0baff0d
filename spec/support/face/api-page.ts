/** Prints docs/api.md from what read-face.ts reads. */
import type { FaceGroup, FaceMember, FaceName } from './read-face.js';

/** @param subpaths other import paths, e.g. `image-drift/drift` */
export function apiPage(groups: readonly FaceGroup[], subpaths: readonly string[]): string {
  const contents = groups.map(({ title, names }) => `- ${title}: ${names.map(({ name }) => linkTo(name)).join(', ')}`);
  return `${[
    '# The API',
    '<!-- Written by `npm run docs:api` from the doc comments. Change them, not this page. -->',
    'These names are imported from `image-drift`. Examples marked `no_run` need a server or files of your own; the others ' +
      'are run by a spec. Files in the examples are yours to name.',
    `Types that are named here without a section, and less common functions, are in ${subpaths.map(code).join(', ')}.`,
    contents.join('\n'),
    ...groups.flatMap(({ title, names }) => [`## ${title}`, ...names.map(section)]),
  ].join('\n\n')}\n`;
}

function section({ name, kind, code: declaration, doc, members }: FaceName): string {
  const parameters = [...doc.parameters].map(([parameter, text]) => `- \`${parameter}\`: ${oneLine(text)}`);
  return [
    `### ${name}`,
    declaration === null ? `*${kind}*` : fenced(declaration),
    doc.text,
    parameters.join('\n'),
    doc.returns === null ? '' : `Returns ${oneLine(doc.returns)}`,
    doc.throws.map((text) => `Throws ${oneLine(text)}`).join('\n\n'),
    memberTable(members),
    doc.examples.join('\n\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function memberTable(members: readonly FaceMember[]): string {
  if (members.length === 0) return '';
  const rows = members.map(({ name, type, doc }) => `| ${code(name)} | ${code(type)} | ${memberText(doc)} |`);
  return ['| member | type | |', '|---|---|---|', ...rows].join('\n');
}

function memberText({ text, parameters, returns, throws }: FaceMember['doc']): string {
  const parts = [
    text,
    ...[...parameters].map(([name, what]) => `\`${name}\`: ${what}.`),
    returns === null ? '' : `Returns ${returns}.`,
    ...throws.map((what) => `Throws ${what}.`),
  ];
  return cell(oneLine(parts.filter((part) => part !== '').join(' ')));
}

function linkTo(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}

function fenced(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

function code(text: string): string {
  return cell(`\`${text}\``);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
