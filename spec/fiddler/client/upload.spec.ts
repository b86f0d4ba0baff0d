import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UploadResume } from '../../../fiddler/client/index.js';
import { assert, refusal, temporaryFolder, test } from '../../support/test.js';
import { served, withServer } from './support/client.js';
import { parseForm } from './support/form.js';
import { type Asked, refused, type Script } from './support/scripted-server.js';

const CONTENT = Buffer.from(Array.from({ length: 250 }, (_, i) => (i * 7) % 256));
const PART = 100;

/** Receives files like Fiddler. `fails` chooses requests, counted from 0, that get another answer. */
function fileServer(fails: Record<number, ReturnType<typeof refused>> = {}): Script {
  return ({ path, body, headers }, index) => {
    const failure = fails[index];
    if (failure !== undefined) return failure;
    if (!path.endsWith('/multipart-upload')) return { data: { id: `f${index}`, filename: 'x', status: 'SUCCESSFUL' } };
    const number = parseForm(headers, body).find(({ name }) => name === 'part_number');
    return { data: { part_id: `part-${number?.bytes}` } };
  };
}

const steps = (asked: Asked[]) => asked.map(({ path }) => path.split('/').at(-1));

served(
  'a small file is one form, again after a reset',
  (asked, index) => fileServer({ 0: { reset: 'before' } as never })(asked, index),
  async ({ client, server }) => {
    const file = await client.files.upload({ bytes: CONTENT }, { filename: 'a "b"\r\n.parquet' });
    assert.is(file.status, 'SUCCESSFUL');
    const [first, second] = server.asked;
    assert.equal(first?.body, second?.body);
    assert.is(second?.headers['content-length'], String(second?.body.length));
    const parts = parseForm(second!.headers, second!.body);
    assert.is(parts.length, 1);
    assert.is(parts[0]?.headers, 'Content-Disposition: form-data; name="file"; filename="a %22b%22%0D%0A.parquet"');
    assert.equal(parts[0]?.bytes, CONTENT);
  },
);

test('a large file goes in parts, which together are the file', async () => {
  const path = join(temporaryFolder(), 'big.parquet');
  writeFileSync(path, CONTENT);
  await withServer(fileServer({ 2: refused(503) }), async ({ client, server }) => {
    const states: UploadResume[] = [];
    const onPart = (state: UploadResume) => void states.push(state);
    await client.files.upload({ path }, { filename: 'big.parquet', partBytes: PART, onPart });
    assert.equal(steps(server.asked), ['multipart-init', ...Array(4).fill('multipart-upload'), 'multipart-complete']);
    const forms = [1, 3, 4].map((i) => parseForm(server.asked[i]!.headers, server.asked[i]!.body));
    assert.equal(Buffer.concat(forms.map((form) => form[0]!.bytes)), CONTENT);
    const found = forms.map((form) => form.map(({ name }) => name).join());
    assert.equal(found, Array(3).fill('file,file_id,part_number'));
    const complete = { file_id: 'f0', parts: [1, 2, 3].map((number) => ({ number, id: `part-${number}` })) };
    assert.equal(JSON.parse(server.asked[5]!.body.toString()), complete);
    const lengths = states.map(({ parts }) => parts.length);
    assert.equal(lengths, [0, 1, 2, 3]);
  });
});

test('goes on where it was cut', async () => {
  const states: UploadResume[] = [];
  const onPart = (state: UploadResume) => void states.push(state);
  const options = { filename: 'big.parquet', partBytes: PART, onPart };
  await withServer(fileServer({ 3: refused(403) }), async ({ client }) => {
    await refusal('FORBIDDEN', () => client.files.upload({ bytes: CONTENT }, options));
  });
  assert.is(states.at(-1)?.parts.length, 2);
  const resume = JSON.parse(JSON.stringify(states.at(-1))) as UploadResume;
  await withServer(fileServer(), async ({ client, server }) => {
    await client.files.upload({ bytes: CONTENT }, { ...options, resume });
    assert.equal(steps(server.asked), ['multipart-upload', 'multipart-complete']);
    const [file] = parseForm(server.asked[0]!.headers, server.asked[0]!.body);
    assert.equal(file?.bytes, CONTENT.subarray(200));
    assert.match(file?.headers ?? '', /filename="part_3_big\.parquet"/);
  });
  await withServer(fileServer({ 0: refused(404) }), async ({ client, server }) => {
    await client.files.upload({ bytes: CONTENT }, { ...options, resume });
    assert.is(steps(server.asked)[1], 'multipart-init');
    assert.is(server.asked.length, 6);
  });
  const other = { ...options, resume: { ...resume, bytes: 251 } };
  await withServer(fileServer(), async ({ client, server }) => {
    await refusal('UPLOAD_MISMATCH', () => client.files.upload({ bytes: CONTENT }, other));
    assert.is(server.asked.length, 0);
  });
});

test('files that cannot be uploaded', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'shrinks.parquet');
  await withServer(fileServer(), async ({ client, server }) => {
    const options = { filename: 'x.parquet', partBytes: PART };
    await refusal('FILE_UNREADABLE', () => client.files.upload({ path: join(folder, 'none') }, options));
    await refusal('FILE_UNREADABLE', () => client.files.upload({ path: folder }, options));
    await refusal('FILE_EMPTY', () => client.files.upload({ bytes: new Uint8Array(0) }, options));
    const many = { bytes: new Uint8Array(1001) };
    await refusal('FILE_TOO_LARGE', () => client.files.upload(many, { ...options, partBytes: 1 }));
    assert.is(server.asked.length, 0);
    writeFileSync(path, CONTENT);
    const onPart = ({ parts }: UploadResume) => parts.length === 1 && truncateSync(path, 150);
    const shrinking = { ...options, onPart: (state: UploadResume) => void onPart(state) };
    const says = /ends at byte 150, it had at least 200/;
    await refusal('FILE_CHANGED', () => client.files.upload({ path }, shrinking), says);
  });
});
