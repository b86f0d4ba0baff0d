/** Perceptual hashes and scores compared with ImageHash's and cleanvision's (make_looks.py). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ImageLook, imageLooks } from '../../data/index.js';
import { assert, fixtures, test } from '../support/test.js';

interface Case {
  name: string;
  height: number;
  width: number;
  /** base64 */
  rgb: string;
  look: Omit<ImageLook, 'grid'>;
}

const { cases }: { cases: Case[] } = JSON.parse(readFileSync(join(fixtures, 'data', 'looks.json'), 'utf8'));

const lookOf = ({ height, width, rgb }: Case) => {
  return imageLooks({ rows: 1, height, width, data: Buffer.from(rgb, 'base64') })[0] as ImageLook;
};

for (const one of cases) {
  test(`as ImageHash and cleanvision: ${one.name}`, () => {
    const { phash, grid: _, ...scores } = lookOf(one);
    const { phash: wanted, ...wantedScores } = one.look;
    assert.is(phash, wanted);
    for (const [name, score] of Object.entries(wantedScores)) {
      const found = scores[name as keyof typeof scores];
      assert.ok(Math.abs(found - score) <= 1e-12, `${name}: ${found}, cleanvision ${score}`);
    }
  });
}

test('images of a batch have the looks that they have alone', () => {
  const [a, b] = cases.filter(({ height, width }) => height === 44 && width === 60) as [Case, Case];
  const data = Buffer.concat([a, b].map(({ rgb }) => Buffer.from(rgb, 'base64')));
  assert.equal(imageLooks({ rows: 2, height: 44, width: 60, data }), [lookOf(a), lookOf(b)]);
});

test('a photograph saved again keeps its hash; another one has another', () => {
  const of = (wanted: string) => cases.find(({ name }) => name === wanted)!.look.phash;
  assert.is(of('saved again'), of('photograph 0'));
  assert.is.not(of('photograph 1'), of('photograph 0'));
});
