/** The page at `/`: one document, one script, one style sheet. A content security policy allows nothing else. */
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { ApiFailure } from '../http/api-failure.js';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

const DOCUMENT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Local emulator of Fiddler</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/client.css">
<script type="module" src="/client.js"></script>
</head>
<body>
<header>
<h1>Local emulator</h1>
<p>This is image-drift’s emulator, for trying things out on this machine. It is not Fiddler and not made by Fiddler.</p>
</header>
<main id="main"><noscript><p class="note">This page needs JavaScript.</p></noscript></main>
</body>
</html>
`;

/** The page itself needs no token. It shows nothing until it has the token from its own address. */
export function servePage(app: FastifyInstance): void {
  app.get('/', async (_request, reply) => reply.headers(HEADERS).type('text/html; charset=utf-8').send(DOCUMENT));
  for (const [name, type] of [
    ['client.js', 'text/javascript; charset=utf-8'],
    ['client.css', 'text/css; charset=utf-8'],
  ] as const) {
    app.get(`/${name}`, async (_request, reply) =>
      reply
        .headers(HEADERS)
        .type(type)
        .send(await bundled(name)),
    );
  }
}

async function bundled(name: string): Promise<Buffer> {
  try {
    return await readFile(new URL(name, import.meta.url));
  } catch {
    throw new ApiFailure(404, 'ObjectNotFound', 'The page was not built; npm run build makes it');
  }
}
