// Decisions on settings: what an alteration may do, and the records that do it. Rules of Apache Kafka's
// ConfigurationControlManager, of DynamicBrokerConfig for brokers and of GroupConfig for groups; the operations of
// IncrementalAlterConfigs are those of KIP-339. What is wrong with a broker's setting is INVALID_REQUEST there.

import { type ConfigRow, listOf, nearest } from '@klamm/base/config';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { ConfigRecord } from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { brokerConfigs } from '../config/broker.ts';
import { clientMetricsConfigs } from '../config/client-metrics.ts';
import { groupResourceConfigs } from '../config/group.ts';
import { unscoped } from '../config/listener-scope.ts';
import { topicConfigs } from '../config/topic.ts';
import { valueProblem } from '../config/value-problem.ts';
import type { ConfigValues } from './config-values.ts';
import { groupLimitProblem } from './group-limits.ts';
import { ResourceType } from './image.ts';
import { type Refused, repeated } from './topic-changes.ts';

/** Operations of AlterConfigOp.OpType. */
export const ConfigOperation = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

export interface ConfigChange {
  readonly name: string;
  readonly operation: number;
  readonly value: string | null;
}

/** A resource whose settings change, what it has now, and what is in force. */
export interface ConfigTarget {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly current: ReadonlyMap<string, string>;
  readonly values: ConfigValues;
}

interface Decided {
  readonly records: readonly Buffer[];
  /** What the resource has afterwards. */
  readonly configs: ReadonlyMap<string, string>;
}

const refuse = (errorMessage: string, errorCode: number = ErrorCode.INVALID_CONFIG): Refused => ({
  errorCode,
  errorMessage,
});

/** What is said of a kind of resource, the names that its settings may have, and how a wrong value is answered. */
const KINDS: Readonly<Record<number, { kind: string; names: readonly string[]; wrong: number }>> = {
  [ResourceType.topic]: {
    kind: 'topic',
    names: Object.keys(topicConfigs),
    wrong: ErrorCode.INVALID_CONFIG,
  },
  [ResourceType.broker]: {
    kind: 'broker',
    names: Object.keys(brokerConfigs),
    wrong: ErrorCode.INVALID_REQUEST,
  },
  [ResourceType.group]: {
    kind: 'group',
    names: Object.keys(groupResourceConfigs),
    wrong: ErrorCode.INVALID_CONFIG,
  },
  [ResourceType.clientMetrics]: {
    kind: 'client metrics',
    names: Object.keys(clientMetricsConfigs),
    wrong: ErrorCode.INVALID_REQUEST,
  },
};

/** The records that apply `changes` to a resource, and what it has then; or why they cannot be applied. */
export function configRecords(target: ConfigTarget, changes: readonly ConfigChange[]): Refused | Decided {
  const { resourceType, resourceName, current } = target;
  const [twice] = repeated(changes.map(({ name }) => name));
  if (twice !== undefined) {
    return refuse(`The request names ${twice} more than once.`, ErrorCode.INVALID_REQUEST);
  }
  const configs = new Map(current);
  const records: Buffer[] = [];
  for (const change of changes) {
    const { name } = change;
    const next = change.operation === ConfigOperation.delete ? null : nextValue(target, change);
    if (typeof next === 'object' && next !== null) return next;
    if (next === null) configs.delete(name);
    else configs.set(name, next);
    const isNews = next !== null || current.has(name);
    if (isNews) records.push(encodeMetadata(ConfigRecord, { resourceType, resourceName, name, value: next }));
  }
  return wholeProblem(target, configs, changes) ?? { records, configs };
}

/** The value that a change other than a removal leaves, or why it is refused. */
function nextValue(target: ConfigTarget, { name, operation, value }: ConfigChange): Refused | string {
  const { resourceType, resourceName, values } = target;
  const { kind, names, wrong } = KINDS[resourceType] ?? { kind: '', names: [], wrong: 0 };
  const row = values.row(resourceType, name);
  if (row === undefined) {
    const near = nearest(name, names);
    const code = resourceType === ResourceType.clientMetrics ? wrong : ErrorCode.INVALID_CONFIG;
    return refuse(
      `Unknown ${kind} config name: ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
      code,
    );
  }
  if (value === null) return refuse(`Null value not supported for: ${name}`, ErrorCode.INVALID_REQUEST);
  if (operation < ConfigOperation.set || operation > ConfigOperation.subtract) {
    return refuse(
      `Operation ${operation} is unknown; 0 (set), 1 (delete), 2 (append) and 3 (subtract) exist.`,
      ErrorCode.INVALID_REQUEST,
    );
  }
  if (operation !== ConfigOperation.set && row.type !== 'list') {
    return refuse(`${name} is no list, so nothing can be appended to it or subtracted from it.`);
  }
  const barred = resourceType === ResourceType.broker ? brokerProblem(name, row, resourceName === '') : null;
  if (barred !== null) return refuse(barred, wrong);
  const next = operation === ConfigOperation.set ? value : changedList(target, name, operation, value);
  const problem = valueProblem(unscoped(name) ?? name, row, next);
  if (problem === null) return next;
  const shown = row.type === 'password' ? '' : `${next} `;
  const code = name === 'match' ? ErrorCode.INVALID_CONFIG : wrong;
  return refuse(`Invalid value ${shown}for configuration ${name}; ${problem}`, code);
}

function changedList(target: ConfigTarget, name: string, operation: number, value: string): string {
  const inForce = target.values.of(target.resourceType, target.resourceName, name).value;
  // All brokers together have a default to begin with too.
  const fallback = target.values.row(target.resourceType, name)?.default;
  const now = listOf(target.current.get(name) ?? inForce ?? fallback ?? '');
  const given = listOf(value);
  if (operation === ConfigOperation.subtract) return now.filter((word) => !given.includes(word)).join(',');
  return [...now, ...given.filter((word) => !now.includes(word))].join(',');
}

/** Key stores and their passwords: a listener's own only. */
const OF_LISTENERS = /^ssl\.(key\.password|(keystore|truststore)\..+)$/;
/** Settings of a listener that may be altered for all brokers at once. */
const FOR_ALL: readonly string[] = ['max.connections', 'max.connection.creation.rate', 'num.network.threads'];

/** Why a broker's setting cannot be altered while it runs; null where it can. */
function brokerProblem(name: string, row: ConfigRow, isForAll: boolean): string | null {
  const base = unscoped(name);
  if (row.dynamic === undefined && base === undefined) {
    return `${name} cannot be changed while the broker runs; set it in its settings and start it again.`;
  }
  if (base === undefined && OF_LISTENERS.test(name)) {
    return `${name} can be changed while the broker runs for one listener only: listener.name.LISTENER.${name}.`;
  }
  if (!isForAll) return null;
  const isPerBroker = base === undefined ? row.dynamic === 'per-broker' : !FOR_ALL.includes(base);
  return isPerBroker ? `${name} cannot be changed for all brokers at once; name the broker.` : null;
}

/** What is wrong with all settings of a resource together. */
function wholeProblem(
  target: ConfigTarget,
  configs: ReadonlyMap<string, string>,
  changes: readonly ConfigChange[],
): Refused | null {
  const { resourceType, resourceName, values, current } = target;
  const inForce = (name: string): string | null => configs.get(name) ?? values.inherited(resourceType, name);
  if (resourceType === ResourceType.group) {
    const names = changes.map(({ name }) => name);
    const problem = groupLimitProblem(inForce, (name) => values.broker(name), names);
    return problem === null ? null : refuse(problem);
  }
  if (resourceType === ResourceType.topic) {
    const isTooLong = Number(inForce('min.compaction.lag.ms')) > Number(inForce('max.compaction.lag.ms'));
    return isTooLong ? refuse('min.compaction.lag.ms may not be longer than max.compaction.lag.ms.') : null;
  }
  if (resourceType !== ResourceType.broker || !changes.some(({ name }) => name === MIN_ISR)) return null;
  // With eligible leader replicas (KIP-966) the cluster has one minimum, which is always there.
  if (resourceName !== '') return refuse(`${MIN_ISR} cannot be altered for one broker; alter it for all.`);
  const isGone = current.has(MIN_ISR) && !configs.has(MIN_ISR);
  return isGone ? refuse(`${MIN_ISR} of all brokers cannot be removed; set it.`) : null;
}

const MIN_ISR = 'min.insync.replicas';
