import { ask } from './answer.js';
import { jsonBody } from './json-body.js';
import { filterOf, listAll } from './lists.js';
import { deleteOnce } from './once.js';
import { apiPath, type Sender } from './request.js';
import { type AlertRecord, type AlertRule, alertRecord, alertRule, type NewAlertRule } from './schemas/alert-rule.js';

export class AlertRules {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** Names of rules need not be distinct, so it is never repeated. @throws UnknownOutcome: look at the list then */
  create(wanted: NewAlertRule): Promise<AlertRule> {
    const request = {
      method: 'POST',
      path: apiPath('alert-rules'),
      body: jsonBody(wanted),
      repeatable: false,
    } as const;
    return ask(this.#sender, request, alertRule);
  }

  list({ modelId }: { modelId?: string } = {}): AsyncIterable<AlertRule> {
    const rules = modelId === undefined ? [] : [{ field: 'model_id', value: modelId }];
    return listAll(this.#sender, ['alert-rules'], [filterOf(...rules)], alertRule);
  }

  /** @throws NotFound */
  get(id: string): Promise<AlertRule> {
    return ask(this.#sender, { method: 'GET', path: apiPath('alert-rules', id), repeatable: true }, alertRule);
  }

  /** @throws NotFound */
  delete(id: string): Promise<void> {
    return deleteOnce(this.#sender, apiPath('alert-rules', id));
  }

  /** What a rule found in a range of time. */
  records(id: string, { start, end }: { start: Date; end: Date }): AsyncIterable<AlertRecord> {
    const range = [
      ['start_time', start.toISOString()],
      ['end_time', end.toISOString()],
    ] as const;
    return listAll(this.#sender, ['alert-rules', id, 'records'], range, alertRecord);
  }
}
