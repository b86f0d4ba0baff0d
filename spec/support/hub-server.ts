/**
 * A stand-in for the Hugging Face Hub: `/ORG/NAME/resolve/REVISION/FILE` with the real headers, large files on a second
 * origin, and faults for single requests. Headers: huggingface_hub 2.4.0, `file_download.py` (`get_hf_file_metadata`)
 * and `utils/_http.py` (`hf_raise_for_status`).
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type Listening, listen } from './listening.js';

export interface HubRequest {
  method: string;
  /** From the host on. */
  path: string;
  at: 'hub' | 'cdn';
  authorization: string | null;
  range: string | null;
}

/** What the next request to one of the servers gets instead. */
export type HubFault =
  | { status: number; headers?: Record<string, string> }
  | { cutAfter: number }
  | { instead: Buffer }
  | 'reset';

export interface HubRepository {
  /** Revision → commit. */
  refs: Map<string, string>;
  /** Commit → path → content. */
  commits: Map<string, Map<string, Buffer>>;
  /** The token that may read it; null for everyone. */
  token: string | null;
  /** What somebody without that token gets: 401 of a private repository, or 401 and 403 of a gated one. */
  isGated: boolean;
}

export interface HubServer {
  endpoint: string;
  repositories: Map<string, HubRepository>;
  /** Old names, which redirect to new ones. */
  renamed: Map<string, string>;
  seen: HubRequest[];
  faults: { hub: HubFault[]; cdn: HubFault[] };
  /** Makes or moves `main` of a repository. @returns the commit */
  push(name: string, files: Readonly<Record<string, Buffer | string>>, revision?: string): string;
  close(): Promise<void>;
}

/** What the real Hub keeps in LFS. */
const LARGE = /\.(?:safetensors|bin|pth|onnx)$/;

export async function serveHub(port = 0): Promise<HubServer> {
  const seen: HubRequest[] = [];
  const faults: HubServer['faults'] = { hub: [], cdn: [] };
  const repositories: HubServer['repositories'] = new Map();
  const renamed = new Map<string, string>();
  const large = new Map<string, Buffer>();
  const cdn = await serve(0, 'cdn', seen, faults.cdn, (request, response) => {
    const content = large.get(request.url!.split('/').at(-1)!);
    if (content === undefined) return void response.writeHead(404).end();
    sendContent(content, request, response, {});
  });
  const hub = await serve(port, 'hub', seen, faults.hub, (request, response) => {
    answer({ repositories, renamed, cdn: cdn.url }, request, response);
  });
  return {
    endpoint: hub.url,
    repositories,
    renamed,
    seen,
    faults,
    push(name, given, revision = 'main') {
      const files = new Map(Object.entries(given).map(([path, content]) => [path, Buffer.from(content as Buffer)]));
      for (const [path, content] of files) if (LARGE.test(path)) large.set(sha256(content), content);
      const listed = [...files].map(([path, content]) => `${path} ${sha256(content)}`).join('\n');
      const commit = createHash('sha1').update(`${name}\n${listed}`).digest('hex');
      const repository = repositories.get(name) ?? { refs: new Map(), commits: new Map(), token: null, isGated: false };
      repositories.set(name, repository);
      repository.commits.set(commit, files);
      repository.refs.set(revision, commit);
      return commit;
    },
    close: async () => {
      await Promise.all([hub, cdn].map((server) => server.close()));
    },
  };
}

function serve(
  port: number,
  at: HubRequest['at'],
  seen: HubRequest[],
  faults: HubFault[],
  handle: RequestListener,
): Promise<Listening> {
  const server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request;
    seen.push({ method, path, at, authorization: headers.authorization ?? null, range: headers.range ?? null });
    const fault = faults.shift();
    if (fault === 'reset') return void request.socket.destroy();
    if (fault !== undefined && 'status' in fault) return void response.writeHead(fault.status, fault.headers).end();
    if (fault !== undefined && 'instead' in fault) return void sendContent(fault.instead, request, response, {});
    if (fault !== undefined) cutAfter(fault.cutAfter, response);
    handle(request, response);
  });
  return listen(server, port);
}

function cutAfter(bytes: number, response: ServerResponse): void {
  const end = response.end.bind(response);
  response.end = ((body?: Buffer) => {
    if (body === undefined) return end();
    response.write(body.subarray(0, bytes), () => setTimeout(() => response.destroy(), 30));
    return response;
  }) as typeof response.end;
}

interface Hub extends Pick<HubServer, 'repositories' | 'renamed'> {
  cdn: string;
}

const RESOLVE = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/([^?]+)$/;
const INFORMATION = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/?]+)/;
const TREE = /^\/api\/models\/([^/]+\/[^/]+)\/tree\/([^/?]+)/;

function answer(hub: Hub, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url!;
  const [, name = '', coded = '', file = ''] = RESOLVE.exec(url) ?? INFORMATION.exec(url) ?? TREE.exec(url) ?? [];
  const newName = hub.renamed.get(name);
  if (newName !== undefined) {
    return void response.writeHead(307, { location: url.replace(name, newName) }).end();
  }
  const repository = hub.repositories.get(name);
  const refused = repository === undefined ? [401, 'RepoNotFound'] : refusalOf(repository, request);
  if (refused !== null) return void response.writeHead(Number(refused[0]), { 'x-error-code': refused[1] }).end();
  const revision = decodeURIComponent(coded);
  const commit = repository!.commits.has(revision) ? revision : repository!.refs.get(revision);
  if (commit === undefined) return void response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
  const files = repository!.commits.get(commit)!;
  if (INFORMATION.test(url)) return void sendJson(response, information(name, commit, files));
  if (TREE.test(url)) return void sendJson(response, tree(files));
  const content = files.get(decodeURIComponent(file));
  if (content === undefined) {
    return void response.writeHead(404, { 'x-error-code': 'EntryNotFound', 'x-repo-commit': commit }).end();
  }
  if (!LARGE.test(file)) {
    return void sendContent(content, request, response, { etag: `"${gitBlob(content)}"`, 'x-repo-commit': commit });
  }
  response
    .writeHead(302, {
      location: `${hub.cdn}/lfs/${sha256(content)}`,
      'x-repo-commit': commit,
      'x-linked-etag': `"${sha256(content)}"`,
      'x-linked-size': content.byteLength,
    })
    .end();
}

function refusalOf({ token, isGated }: HubRepository, request: IncomingMessage): [number, string] | null {
  const { authorization } = request.headers;
  if (token === null || authorization === `Bearer ${token}`) return null;
  if (!isGated) return [401, 'RepoNotFound'];
  return [authorization === undefined ? 401 : 403, 'GatedRepo'];
}

function information(name: string, commit: string, files: ReadonlyMap<string, Buffer>): object {
  return {
    id: name,
    modelId: name,
    sha: commit,
    siblings: [...files.keys()].map((rfilename) => ({ rfilename })),
    tags: [],
  };
}

function tree(files: ReadonlyMap<string, Buffer>): object[] {
  return [...files].map(([path, content]) => {
    const [oid, size] = [gitBlob(content), content.byteLength];
    const lfs = LARGE.test(path) ? { lfs: { oid: sha256(content), size, pointerSize: 130 } } : {};
    return { type: 'file', path, oid, size, ...lfs };
  });
}

function sendJson(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function sendContent(
  content: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string>,
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const body = content.subarray(start);
  const range = start > 0 ? { 'content-range': `bytes ${start}-${content.byteLength - 1}/${content.byteLength}` } : {};
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.byteLength, ...range, ...headers });
  if (request.method === 'HEAD') response.end();
  else response.end(body);
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

export function gitBlob(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.byteLength}\0`).update(content).digest('hex');
}
