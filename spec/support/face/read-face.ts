/**
 * Reads what programs may import from `image-drift`: names, doc comments, members and examples of the built
 * declarations. face.spec.ts checks them, and api-page.ts prints them.
 *
 * The compiler inside ts-morph reads them, because TypeScript 7 has no stable API. It does not look into other
 * packages: their types are printed by name, and reading them would take seconds.
 */
import { join } from 'node:path';
import {
  type ClassDeclaration,
  type InterfaceDeclaration,
  type JSDoc,
  type JSDocableNode,
  Node,
  Project,
  type SourceFile,
  ts,
} from 'ts-morph';

export interface FaceGroup {
  title: string;
  names: FaceName[];
}

export interface FaceName {
  name: string;
  kind: 'class' | 'const' | 'function' | 'interface' | 'type';
  /** Declaration in TypeScript; null for classes and interfaces, whose members are listed. */
  code: string | null;
  doc: FaceDoc;
  /** Names of the parameters of a function. */
  parameters: string[];
  /** Whether a function returns anything. */
  gives: boolean;
  members: FaceMember[];
}

export interface FaceMember {
  /** With `?` if optional, and with parentheses if it is called. */
  name: string;
  type: string;
  doc: FaceDoc;
}

/** The parts of a doc comment, as Markdown; null and empty if there is no such part. */
export interface FaceDoc {
  text: string;
  parameters: ReadonlyMap<string, string>;
  returns: string | null;
  throws: string[];
  examples: string[];
}

/** @param dist folder with the built declarations */
export function readFace(dist: string): FaceGroup[] {
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: {
      noLib: true,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
    },
    resolutionHost: (host, options) => ({
      resolveModuleNames: (specifiers, file) =>
        specifiers.map((specifier) => {
          if (!specifier.startsWith('.')) return undefined;
          return ts.resolveModuleName(specifier, file, options(), host).resolvedModule;
        }),
    }),
  });
  const index = project.addSourceFileAtPath(join(dist, 'index.d.ts'));
  const declarations = index.getExportedDeclarations();
  const isFace = (name: string) => declarations.has(name);
  return groupsOf(index).map(({ title, names }) => {
    return { title, names: names.map((name) => faceName(name, declarations.get(name)?.[0], isFace)) };
  });
}

/** The exports below each comment. An export without a comment belongs to the group above. */
function groupsOf(index: SourceFile): { title: string; names: string[] }[] {
  const groups: { title: string; names: string[] }[] = [];
  for (const declaration of index.getExportDeclarations()) {
    const comment = declaration.getLeadingCommentRanges().at(-1)?.getText();
    if (comment !== undefined) groups.push({ title: comment.replace(/^\/\*\*\s*|\s*\*\/$/g, ''), names: [] });
    const named = declaration.getNamedExports().map((one) => one.getAliasNode()?.getText() ?? one.getName());
    if (named.length === 0) throw new Error(`index.ts: name what this exports: ${declaration.getText()}`);
    groups.at(-1)?.names.push(...named);
  }
  return groups;
}

function faceName(name: string, node: Node | undefined, isFace: (name: string) => boolean): FaceName {
  const nothing = { code: null, parameters: [], gives: false, members: [] };
  if (Node.isFunctionDeclaration(node)) {
    const code = withoutExport(node.getText());
    const parameters = node.getParameters().map((parameter) => parameter.getName());
    const gives = !/^(Promise<)?void>?$/.test(node.getReturnTypeNode()?.getText() ?? 'void');
    return { ...nothing, name, kind: 'function', code, parameters, gives, doc: docOf(node) };
  }
  if (Node.isInterfaceDeclaration(node)) {
    return { ...nothing, name, kind: 'interface', doc: docOf(node), members: interfaceMembers(node, isFace) };
  }
  if (Node.isClassDeclaration(node)) {
    return { ...nothing, name, kind: 'class', doc: docOf(node), members: classMembers(node) };
  }
  if (Node.isTypeAliasDeclaration(node)) {
    return { ...nothing, name, kind: 'type', code: withoutExport(node.getText()), doc: docOf(node) };
  }
  if (Node.isVariableDeclaration(node)) {
    const statement = node.getVariableStatementOrThrow();
    return { ...nothing, name, kind: 'const', code: withoutExport(statement.getText()), doc: docOf(statement) };
  }
  throw new Error(`index.ts: ${name} is a ${node?.getKindName() ?? 'name without a declaration'}`);
}

function withoutExport(text: string): string {
  return text.replace(/^export (declare )?/, '');
}

/** Its own members, and those of interfaces that it extends and that have no section of their own. */
function interfaceMembers(node: InterfaceDeclaration, isFace: (name: string) => boolean): FaceMember[] {
  const inherited = node.getBaseDeclarations().flatMap((base) => {
    if (!Node.isInterfaceDeclaration(base)) return [];
    if (!isFace(base.getName())) return interfaceMembers(base, isFace);
    return [{ name: '…', type: base.getName(), doc: { ...NO_DOC, text: `and the members of \`${base.getName()}\`` } }];
  });
  const own = node.getMembers().flatMap((member) => {
    return Node.isPropertySignature(member) || Node.isMethodSignature(member) ? [memberOf(member)] : [];
  });
  return [...own, ...inherited];
}

/** Members that programs may use: public ones, and the constructor if it is described. */
function classMembers(node: ClassDeclaration): FaceMember[] {
  return node.getMembers().flatMap((member): FaceMember[] => {
    if (Node.isConstructorDeclaration(member)) {
      const isShown = member.getJsDocs().length > 0 && member.getScope() === 'public';
      return isShown
        ? [{ name: `new ${node.getName()}()`, type: signature(member.getText()), doc: docOf(member) }]
        : [];
    }
    const isProperty = Node.isPropertyDeclaration(member) || Node.isGetAccessorDeclaration(member);
    if (!isProperty && !Node.isMethodDeclaration(member)) return [];
    if (member.getScope() !== 'public' || /^[#[]/.test(member.getName())) return [];
    const { name, ...rest } = memberOf(member);
    return [{ name: member.isStatic() ? `${node.getName()}.${name}` : name, ...rest }];
  });
}

type MemberNode = Node & JSDocableNode & { getName(): string };

function memberOf(node: MemberNode): FaceMember {
  const doc = docOf(node);
  if (Node.isMethodSignature(node) || Node.isMethodDeclaration(node)) {
    return { name: `${node.getName()}()`, type: signature(node.getText()), doc };
  }
  const optional = Node.isPropertySignature(node) && node.hasQuestionToken();
  const typed = Node.isPropertySignature(node) || Node.isPropertyDeclaration(node);
  const typeNode = typed ? node.getTypeNode() : Node.isGetAccessorDeclaration(node) ? node.getReturnTypeNode() : null;
  const type = oneLine(typeNode?.getText() ?? 'unknown');
  // Optional members are declared with `undefined`, so that it may be passed explicitly.
  return {
    name: `${node.getName()}${optional ? '?' : ''}`,
    type: optional ? type.replace(/ \| undefined$/, '') : type,
    doc,
  };
}

/** The text from the type parameters or the parameters on. */
function signature(text: string): string {
  return oneLine(text.slice(text.search(/[<(]/)).replace(/;$/, ''));
}

function oneLine(text: string): string {
  return text
    .replace(/\/\*\*.*?\*\//gs, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

const NO_DOC: FaceDoc = { text: '', parameters: new Map(), returns: null, throws: [], examples: [] };

function docOf(node: JSDocableNode): FaceDoc {
  const comment = node.getJsDocs().at(-1);
  return comment === undefined ? NO_DOC : partsOf(comment);
}

function partsOf(comment: JSDoc): FaceDoc {
  const parameters = new Map<string, string>();
  const doc = { text: comment.getDescription().trim(), parameters, returns: null as string | null };
  const lists = { throws: [] as string[], examples: [] as string[] };
  for (const tag of comment.getTags()) {
    const text = tag.getCommentText()?.trim() ?? '';
    if (Node.isJSDocParameterTag(tag)) parameters.set(tag.getName(), text.replace(/^- /, ''));
    else if (Node.isJSDocReturnTag(tag)) doc.returns = text;
    else if (tag.getTagName() === 'throws') lists.throws.push(thrown(tag.getText()));
    else if (tag.getTagName() === 'example') lists.examples.push(text);
    else throw new Error(`@${tag.getTagName()} has no meaning here`);
  }
  return { ...doc, ...lists };
}

/** The compiler takes the first word for a type, so the raw text is read. */
function thrown(text: string): string {
  return text
    .replace(/^@throws\s*/, '')
    .replace(/\n\s*\*?[ \t]?/g, ' ')
    .trim();
}
