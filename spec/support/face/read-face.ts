/** What programs may import, as typedoc reads it, with a compiler of its own: TypeScript 7 has no stable API. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, temporaryFolder } from '../places.js';

export interface FaceName {
  name: string;
  /** Whether it is a class, a function or a constant, and not only a type. */
  isValue: boolean;
  examples: string[];
  /** What its doc comments lack. */
  problems: string[];
}

/** What is used of typedoc's JSON. A function and a method have their comment in a signature. */
interface Reflection {
  name: string;
  kind: number;
  comment?: { summary: unknown[]; blockTags?: { tag: string; content: { text: string }[] }[] };
  children?: Reflection[];
  signatures?: Reflection[];
  getSignature?: Reflection;
  parameters?: Reflection[];
  type?: { name?: string; typeArguments?: { name: string }[] };
}

const KIND = { variable: 32, function: 64, class: 128, constructor: 512 };

const UNUSED = /The signature (\w+)\S* has an (@param) with name ("\w+"), (which was not used)/g;

/** @throws Error if typedoc fails */
export function readFace(declarations = join(packageRoot, 'dist/index.d.ts')): FaceName[] {
  const folder = temporaryFolder();
  const scripts = join(packageRoot, 'scripts');
  const [project, json] = [join(folder, 'tsconfig.json'), join(folder, 'api.json')];
  writeFileSync(project, JSON.stringify({ extends: join(scripts, 'api-page.json'), files: [declarations] }));
  const typedoc = join(scripts, 'node_modules/typedoc/bin/typedoc');
  const flags = ['--tsconfig', project, '--entryPoints', declarations, '--json', json, '--logLevel', 'Warn'];
  // With these warnings, typedoc also repeats one about Promise, which is why they are no errors.
  const warned = ['--suppressCommentWarningsInDeclarationFiles', 'false', '--treatWarningsAsErrors', 'false'];
  const run = spawnSync(process.execPath, [typedoc, ...flags, ...warned], { cwd: scripts, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  const names = (JSON.parse(readFileSync(json, 'utf8')) as Reflection).children!.map(faceName);
  for (const [, name, ...problem] of run.stderr.matchAll(UNUSED)) {
    names.find((one) => one.name === name)?.problems.push(`${name}: ${problem.join(' ')}`);
  }
  return names;
}

function faceName(reflection: Reflection): FaceName {
  const { name, kind } = reflection;
  const tags = commentOf(reflection)?.blockTags ?? [];
  const examples = tags.filter(({ tag }) => tag === '@example').map(({ content }) => content[0]!.text);
  const problems = kind === KIND.function ? functionProblems(reflection.signatures![0]!) : [];
  if (!commentOf(reflection)?.summary.length) problems.push('no doc comment');
  if (examples.length === 0) problems.push('no @example');
  for (const member of reflection.children ?? []) {
    if (member.kind === KIND.constructor || member.name.startsWith('[')) continue;
    if (!commentOf(member)?.summary.length) problems.push(`${member.name} has no doc comment`);
  }
  const isValue = [KIND.variable, KIND.function, KIND.class].includes(kind);
  return { name, isValue, examples, problems: problems.map((problem) => `${name}: ${problem}`) };
}

function commentOf({ comment, signatures, getSignature }: Reflection): Reflection['comment'] {
  return signatures?.[0]?.comment ?? getSignature?.comment ?? comment;
}

function functionProblems({ comment, parameters = [], type }: Reflection): string[] {
  const problems = parameters.filter((one) => !one.comment).map(({ name }) => `no @param ${name}`);
  const gives = (type?.name === 'Promise' ? type.typeArguments?.[0] : type)?.name !== 'void';
  if (gives && !comment?.blockTags?.some(({ tag }) => tag === '@returns')) problems.push('no @returns');
  return problems;
}
