/** Finds what is missing in the names that programs may import. */
import type { FaceGroup, FaceName } from './read-face.js';

/** Nobody reads through a longer list. Programs find other names by subpath. */
const MAX_NAMES = 60;

export function faceProblems(groups: readonly FaceGroup[]): string[] {
  const names = groups.flatMap((group) => group.names);
  const tooMany = names.length > MAX_NAMES ? [`index.ts exports ${names.length} names, at most ${MAX_NAMES}`] : [];
  return [...tooMany, ...names.flatMap(problemsOf)];
}

function problemsOf({ name, kind, doc, parameters, gives, members }: FaceName): string[] {
  const problems: string[] = [];
  if (doc.text === '') problems.push('no doc comment');
  if (doc.examples.length === 0) problems.push('no @example');
  if (kind === 'function') {
    const missing = parameters.filter((parameter) => !doc.parameters.get(parameter));
    problems.push(...missing.map((parameter) => `no @param ${parameter}`));
    const unknown = [...doc.parameters.keys()].filter((parameter) => !parameters.includes(parameter));
    problems.push(...unknown.map((parameter) => `@param ${parameter} is none of its parameters`));
    if (gives && !doc.returns) problems.push('no @returns');
  }
  const untold = members.filter((member) => member.doc.text === '' && !member.name.startsWith('new '));
  problems.push(...untold.map((member) => `${member.name} has no doc comment`));
  return problems.map((problem) => `${name}: ${problem}`);
}
