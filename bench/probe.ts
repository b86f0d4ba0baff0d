/** `node --import dist/bench/probe.js …`: writes when each stage ran (ms since 1970, JSON) to `IMAGE_DRIFT_PROBE`. */
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';

export interface ProbeSpan {
  stage: 'weights' | 'graph' | 'read' | 'prepare' | 'compute' | 'write';
  /** Worker thread of `compute`. */
  thread: number;
  start: number;
  end: number;
  images: number;
}

export interface ProbeReport {
  /** When Node had started and was about to run the first line of JavaScript. */
  started: number;
  spans: ProbeSpan[];
}

const file = process.env['IMAGE_DRIFT_PROBE'];
if (file !== undefined) {
  const spans: ProbeSpan[] = [];
  const { timeOrigin, nodeTiming } = performance;
  const listen = (name: string, stage?: ProbeSpan['stage']) => {
    subscribe(name, (message) => {
      const span = message as {
        start: number;
        end: number;
        stage?: ProbeSpan['stage'];
        phase?: ProbeSpan['stage'];
      } & Partial<ProbeSpan>;
      spans.push({
        stage: (stage ?? span.stage ?? span.phase)!,
        thread: span.thread ?? 0,
        start: timeOrigin + span.start,
        end: timeOrigin + span.end,
        images: span.images ?? 0,
      });
    });
  };
  listen('image-drift:load');
  listen('image-drift:stage');
  listen('image-drift:compute', 'compute');
  process.on('exit', () => {
    const report: ProbeReport = { started: timeOrigin + nodeTiming.bootstrapComplete, spans };
    writeFileSync(file, JSON.stringify(report));
  });
}
