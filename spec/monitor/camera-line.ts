/** A line of cameras with image files: each day is a folder of its own, and one camera loses its focus. */
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { corruptBatchAtLevel, encodePng, type Image } from '../../data/index.js';
import { fashionImages, writeFiles } from '../support/image-files.js';
import { assert, runCli, temporaryFolder } from '../support/test.js';

export const CAMERAS = Array.from({ length: 8 }, (_, i) => `cam${i + 1}`);
export const CHANGED = 'cam3';
/** Images of a camera on a day. */
const IMAGES = 8;
const BASELINE_DAYS = 15;
const QUIET_DAYS = 3;
const MOST_CHANGED_DAYS = 8;
const FLAGS = ['--weights', 'fashion-mnist-resnet18', '--group-from', 'folder:1', '--quiet'];
const TIMES = ['--timestamp-from', String.raw`name:\d{4}-\d\d-\d\dT\d\d\d\d`];

const dateOf = (day: number) => new Date(Date.UTC(2026, 8, 7 + day)).toISOString().slice(0, 10);

export interface CameraLine {
  folder: string;
  /** Runs a command there. */
  run(...args: string[]): ReturnType<typeof runCli>;
  /** With an alarm; the images of the days have since moved to `archive/`. */
  state: string;
}

/** From folders of images to an alarm, by commands alone. */
export async function cameraLine(): Promise<CameraLine> {
  const folder = temporaryFolder();
  const run = (...args: string[]) => runCli(args, { cwd: folder });
  const done = (...args: string[]) => assert.is(run(...args).status, 0, args.join(' '));
  const images = await fashionImages(1_500);
  for (let day = 0; day < BASELINE_DAYS; day++) writeDay(join(folder, 'baseline'), images, day);
  done('embed', 'baseline', '--out', 'reference.csv', ...FLAGS, ...TIMES);
  done('baseline', 'reference.csv', '--by', 'group');
  done('monitor', 'init', 'state', '--baseline', 'profile.json', '--false-alarm-every', '365d', '--by', 'group');
  mkdirSync(join(folder, 'events'));
  for (let day = 0; day < QUIET_DAYS + MOST_CHANGED_DAYS; day++) {
    const date = dateOf(BASELINE_DAYS + day);
    writeDay(join(folder, 'images', date), images, BASELINE_DAYS + day, day >= QUIET_DAYS);
    done('embed', `images/${date}`, '--out', `events/${date}.csv`, ...FLAGS, ...TIMES);
    const { status } = run('monitor', 'update', 'state', `events/${date}.csv`, '--fail-on-drift');
    if (status === 3) break;
    assert.is(status, 0);
  }
  renameSync(join(folder, 'images'), join(folder, 'archive'));
  return { folder, run, state: join(folder, 'state') };
}

function writeDay(folder: string, images: readonly Image[], day: number, isChanged = false): void {
  const random = Random.stream(36, day);
  const files: Record<string, Uint8Array> = {};
  for (const camera of CAMERAS) {
    for (let i = 0; i < IMAGES; i++) {
      const image = images[random.below(images.length)]!;
      const seen = isChanged && camera === CHANGED ? blurred(image) : image;
      files[join(camera, `${dateOf(day)}T${10 + i}00.png`)] = encodePng(seen);
    }
  }
  writeFiles(folder, files);
}

function blurred(image: Image): Image {
  const batch = { rows: 1, ...image };
  return { ...image, data: corruptBatchAtLevel(batch, 'blur', 3, { seed: 1, firstRow: 0 }).data };
}

export function pageOf(folder: string, name = 'page.html'): string {
  return readFileSync(join(folder, name), 'utf8');
}
