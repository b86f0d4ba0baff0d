/** A service whose clock is the time of its images. It has two cameras, of which one may change. */
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { type RecordedImage, Recorder } from '../../pipeline/service/index.js';
import { FIRST_DAY, HOUR, makeBaseline } from '../monitor/monitor-events.js';

const CAMERAS = ['north', 'east'];
const ROWS_AN_HOUR = 200;
export const QUIET_HOURS = 60;

export class CameraService {
  readonly errors: Error[] = [];
  readonly state: string;
  recorder!: Recorder;
  #time = FIRST_DAY;
  readonly #random = new Random(4);

  private constructor(folder: string) {
    this.state = join(folder, 'state');
  }

  /** @param notify who gets messages of its alarms */
  static async open(folder: string, notify: string): Promise<CameraService> {
    const service = new CameraService(folder);
    const baseline = await makeBaseline(folder, ['camera']);
    const options = {
      baseline,
      window: '1h',
      by: 'camera',
      notify,
      force: true,
      flushEvery: 5,
      judgeEvery: 5,
    } as const;
    service.recorder = await Recorder.open(service.state, {
      ...options,
      now: () => service.#time,
      onError: (error) => service.errors.push(error),
    });
    return service;
  }

  /** An hour of images. @param moved whether the camera `east` has changed */
  async hour(moved: boolean, cameras: readonly string[] = CAMERAS): Promise<void> {
    for (let row = 0; row < ROWS_AN_HOUR; row++) {
      if (!this.recorder.record(this.#image(cameras[row % cameras.length]!, moved)))
        throw new Error(`row ${row} was refused`);
      this.#time += HOUR / ROWS_AN_HOUR;
    }
    await this.recorder.flush();
  }

  /** Hours in which `east` has changed, until something holds: the thread judges an hour when it has ended. */
  async movedUntil(holds: () => boolean): Promise<void> {
    for (let hours = 0; hours < 24 && !holds(); hours++) {
      await this.hour(true);
      this.#time += 1000;
      for (let tries = 0; tries < 40 && !holds(); tries++) await new Promise((done) => setTimeout(done, 10));
    }
  }

  #image(camera: string, moved: boolean): RecordedImage {
    const random = this.#random;
    const mode = random.below(3);
    const shift = moved && camera === 'east' ? 1.5 : 0;
    const embedding = Array.from(
      { length: 6 },
      (_, c) => (c === mode ? 6 : 0) + random.normal() + (c === 5 ? shift : 0),
    );
    return { embedding, columns: { camera }, statistics: { brightness: 0.5 + 0.1 * random.normal() } };
  }
}
