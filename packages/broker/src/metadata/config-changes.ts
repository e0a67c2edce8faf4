// Decisions on settings of topics and brokers: what an alteration may do, and the records that do it.
// Rules of ConfigurationControlManager; the operations of IncrementalAlterConfigs are those of KIP-339.

import { type ConfigRow, configProblem, listOf } from '@klamm/base/config';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { ConfigRecord } from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { brokerConfigRow, isBrokerConfig } from '../config/broker.ts';
import { isTopicConfig, topicConfigRow } from '../config/topic.ts';
import { ResourceType } from './image.ts';
import { type Refused, repeated } from './topic-changes.ts';

/** Operations of AlterConfigOp.OpType. */
export const ConfigOperation = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

export interface ConfigChange {
  readonly name: string;
  readonly operation: number;
  readonly value: string | null;
}

const refuse = (errorMessage: string, errorCode: number = ErrorCode.INVALID_CONFIG): Refused => ({
  errorCode,
  errorMessage,
});

function rowOf(resourceType: number, name: string): ConfigRow | undefined {
  if (resourceType === ResourceType.topic) return isTopicConfig(name) ? topicConfigRow(name) : undefined;
  return isBrokerConfig(name) ? brokerConfigRow(name) : undefined;
}

/**
 * The records that apply `changes` to a resource whose settings are `current`, or why they cannot be applied.
 * `effective` gives the value in force, from which a list is appended to or subtracted from.
 */
export function configRecords(
  resourceType: number,
  resourceName: string,
  changes: readonly ConfigChange[],
  effective: (name: string) => string,
): Refused | readonly Buffer[] {
  const [twice] = repeated(changes.map(({ name }) => name));
  if (twice !== undefined) {
    return refuse(`The request names ${twice} more than once.`, ErrorCode.INVALID_REQUEST);
  }
  const records: Buffer[] = [];
  for (const { name, operation, value } of changes) {
    const row = rowOf(resourceType, name);
    if (row === undefined) {
      const kind = resourceType === ResourceType.topic ? 'topic' : 'broker';
      return refuse(`Unknown ${kind} config name: ${name}`);
    }
    if (resourceType === ResourceType.broker && row.dynamic === undefined) {
      return refuse(
        `${name} cannot be changed while the broker runs; set it in its settings and start it again.`,
        ErrorCode.INVALID_REQUEST,
      );
    }
    const next = nextValue(row, name, operation, value, effective);
    if (typeof next === 'object' && next !== null) return next;
    if (next !== null) {
      const problem = configProblem(row, next);
      if (problem !== null) return refuse(`Invalid value ${next} for configuration ${name}; ${problem}`);
    }
    records.push(encodeMetadata(ConfigRecord, { resourceType, resourceName, name, value: next }));
  }
  return records;
}

function nextValue(
  row: ConfigRow,
  name: string,
  operation: number,
  value: string | null,
  effective: (name: string) => string,
): Refused | string | null {
  if (operation === ConfigOperation.delete) return null;
  if (value === null) return refuse(`Null value not supported for config: ${name}`);
  if (operation === ConfigOperation.set) return value;
  if (row.type !== 'list')
    return refuse(`${name} is no list, so nothing can be appended to it or subtracted from it.`);
  const now = listOf(effective(name));
  const given = listOf(value);
  if (operation === ConfigOperation.append)
    return [...now, ...given.filter((word) => !now.includes(word))].join(',');
  if (operation === ConfigOperation.subtract) return now.filter((word) => !given.includes(word)).join(',');
  return refuse(
    `Operation ${operation} is unknown; 0 (set), 1 (delete), 2 (append) and 3 (subtract) exist.`,
    ErrorCode.INVALID_REQUEST,
  );
}
