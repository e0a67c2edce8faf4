// Kafka's own form of a reassignment, as kafka-reassign-partitions reads and writes it:
// {"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[1,2,3]}]}

import type { PlannedPartition } from './plan.ts';

/** Throws an Error that says what is wrong with the text. */
export function parsePlan(text: string): PlannedPartition[] {
  const parsed: unknown = parseJson(text);
  const { version, partitions } = fieldsOf(parsed, 'it');
  if (version !== undefined && version !== 1)
    throw new Error(`its version is ${version}, and 1 is the only one`);
  if (!Array.isArray(partitions)) throw new Error('it has no list of "partitions"');
  const seen = new Set<string>();
  return partitions.map((each: unknown, i) => {
    const where = `partitions[${i}]`;
    const { topic, partition, replicas, log_dirs: dirs } = fieldsOf(each, where);
    if (typeof topic !== 'string') throw new Error(`${where} has no "topic"`);
    if (!isId(partition)) throw new Error(`${where} has no "partition", a whole number`);
    if (!Array.isArray(replicas) || replicas.length === 0 || !replicas.every(isId))
      throw new Error(`${where} has no "replicas", a list of node ids`);
    if (new Set(replicas).size < replicas.length) throw new Error(`${where} names a broker twice`);
    if (Array.isArray(dirs) && dirs.some((dir) => dir !== 'any'))
      throw new Error(`${where} has "log_dirs"; only "any" is understood`);
    const place = `${topic}-${partition}`;
    if (seen.has(place)) throw new Error(`${place} is there twice`);
    seen.add(place);
    return { topic, partition, replicas };
  });
}

/** One line. */
export function formatPlan(partitions: readonly PlannedPartition[]): string {
  return JSON.stringify({
    version: 1,
    partitions: partitions.map(({ topic, partition, replicas }) => ({ topic, partition, replicas })),
  });
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is no JSON');
  }
}

function fieldsOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${where} is no object`);
  return value as Record<string, unknown>;
}
