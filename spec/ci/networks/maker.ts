/** The process that makes networks, one when it is asked. */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { LineProcess } from '../../support/line-process.js';
import { packageRoot as root } from '../../support/places.js';

export class MakerEnded extends Error {
  readonly code = 'MAKER_ENDED';

  constructor(line: string, how: string) {
    super(`MAKER_ENDED: the Python that makes networks ended ${how}, asked for ${line}; what it said stands above`);
  }
}

export class Maker {
  readonly #process: LineProcess;

  constructor(python: string, folder: string) {
    const script = join(root, 'spec', 'ci', 'networks', 'make.py');
    this.#process = new LineProcess([python, script, folder], { PYTHONUNBUFFERED: '1' }, true);
  }

  /**
   * @param line of `networks.txt`
   * @param seed of the draw
   * @throws Error with what Python says of this network
   * @throws MakerEnded if Python itself has ended: no further network can be made
   */
  async make(line: string, seed: number): Promise<void> {
    const answer = await this.#process.ask(`${line} seed=${seed}`);
    if (answer === null) throw new MakerEnded(line, await this.#ended());
    if (answer !== 'made') throw new Error(`not made: ${answer}`);
  }

  /** The lines may end before the process does. */
  async #ended(): Promise<string> {
    while (this.#process.end === null) await setTimeout(10);
    return this.#process.end;
  }

  close(): void {
    this.#process.close();
  }
}
