import { Conflict } from './fiddler-error.js';
import type { Sender } from './request.js';
import { Deletable, filterOf, firstOf, inOrder, listAll, Resource } from './resource.js';
import { type Environment, type EnvironmentType, environment, type Project, project } from './schemas/common.js';
import {
  type AlertRecord,
  type AlertRule,
  alertRecord,
  alertRule,
  type Baseline,
  baseline,
  type NewAlertRule,
  type NewBaseline,
} from './schemas/metrics.js';

export class Projects extends Deletable<typeof project> {
  constructor(sender: Sender) {
    super(sender, 'projects', project);
  }

  byName(name: string): Promise<Project | null> {
    return firstOf(this.sender, ['projects'], name, [filterOf({ name })], project);
  }

  list(): AsyncIterable<Project> {
    return listAll(this.sender, ['projects'], [], project);
  }

  /** @throws Conflict when there is one of that name */
  create(name: string): Promise<Project> {
    return this.createOnce({ name }, () => this.byName(name));
  }

  /** As one step also when somebody else creates it at the same moment. */
  async getOrCreate(name: string): Promise<{ project: Project; created: boolean }> {
    const there = await this.byName(name);
    if (there !== null) return { project: there, created: false };
    try {
      return { project: await this.create(name), created: true };
    } catch (error) {
      const now = error instanceof Conflict ? await this.byName(name) : null;
      if (now === null) throw error;
      return { project: now, created: false };
    }
  }
}

/** Datasets, as the user calls them. Only publishing makes them. */
export class Environments extends Resource<typeof environment> {
  constructor(sender: Sender) {
    super(sender, 'environments', environment);
  }

  byName(modelId: string, name: string): Promise<Environment | null> {
    return firstOf(this.sender, ['environments'], name, [filterOf({ name, model_id: modelId })], environment);
  }

  listOf(modelId: string, type: EnvironmentType = 'PRE_PRODUCTION'): AsyncIterable<Environment> {
    return listAll(this.sender, ['models', modelId, 'environments'], [['type', type]], environment);
  }
}

/** Members in the wire's order: `env_id` always, the others only where given. */
const BASELINE = {
  ...{ name: undefined, model_id: undefined, type: undefined, env_type: undefined, env_id: null },
  ...{ start_time: undefined, end_time: undefined, offset_delta: undefined, window_bin_size: undefined },
};

/** What production is compared with. Publishing a dataset makes a static one of the same name by itself. */
export class Baselines extends Deletable<typeof baseline> {
  constructor(sender: Sender) {
    super(sender, 'baselines', baseline);
  }

  byName(modelId: string, name: string): Promise<Baseline | null> {
    return firstOf(this.sender, ['baselines'], name, [filterOf({ name, model_id: modelId })], baseline);
  }

  listOf(modelId: string): AsyncIterable<Baseline> {
    return listAll(this.sender, ['models', modelId, 'baselines'], [filterOf()], baseline);
  }

  /** @throws Conflict when the model has one of that name */
  create(wanted: NewBaseline): Promise<Baseline> {
    return this.createOnce(inOrder(BASELINE, wanted), async () => {
      const found = await this.byName(wanted.model_id, wanted.name);
      return found !== null && isAsWanted(found, wanted) ? found : null;
    });
  }
}

function isAsWanted(found: Baseline, wanted: NewBaseline): boolean {
  const sameEnvironment = wanted.env_id == null || found.environment == null || found.environment.id === wanted.env_id;
  return found.type === wanted.type && sameEnvironment;
}

/** Members in the wire's order. */
const ALERT_RULE = {
  ...{ name: undefined, model_id: undefined, metric_id: undefined, priority: undefined },
  ...{ compare_to: undefined, condition: undefined, bin_size: undefined, segment_id: null },
  ...{ threshold_type: 'manual', auto_threshold_params: null, critical_threshold: null, warning_threshold: null },
  ...{ feature_names: null, compare_bin_delta: null, evaluation_delay: 0, category: null, baseline_id: undefined },
};

export class AlertRules extends Deletable<typeof alertRule> {
  constructor(sender: Sender) {
    super(sender, 'alert-rules', alertRule);
  }

  /** Names of rules need not be distinct, so it is never repeated. @throws UnknownOutcome: look at the list then */
  async create(wanted: NewAlertRule): Promise<AlertRule> {
    const ordered = inOrder(ALERT_RULE, wanted);
    return this.post({ ...ordered, ...wanted, ...ordered });
  }

  list({ modelId }: { modelId?: string } = {}): AsyncIterable<AlertRule> {
    return listAll(
      this.sender,
      ['alert-rules'],
      [filterOf(modelId === undefined ? {} : { model_id: modelId })],
      alertRule,
    );
  }

  /** What a rule found in a range of time. */
  records(id: string, { start, end }: { start: Date; end: Date }): AsyncIterable<AlertRecord> {
    const range = [
      ['start_time', start.toISOString()],
      ['end_time', end.toISOString()],
    ] as const;
    return listAll(this.sender, ['alert-rules', id, 'records'], range, alertRecord);
  }
}
