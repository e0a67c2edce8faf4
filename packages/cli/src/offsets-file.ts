// Offsets that somebody keeps in a file: what `klamm group lag -o ndjson` or Kafka's own tool wrote, or lines by hand.
//
// A file that is not quite understood is refused whole: an offset that was read wrongly moves a group where nobody
// wanted it. Kafka: kafka-consumer-groups --reset-offsets --export.

import { readFile } from 'node:fs/promises';
import { messageOf } from '@klamm/base/errors';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import { usageError } from './usage-error.ts';

export interface KeptOffset extends TopicPartition {
  readonly offset: number;
}

/** Throws a usage error that names the file or the line. */
export async function readOffsets(path: string): Promise<KeptOffset[]> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw usageError(`--from-file ${path} cannot be read: ${messageOf(cause)}`);
  });
  return parseOffsets(text);
}

/** Lines of TOPIC,PARTITION,OFFSET, or JSON objects with these fields; those whose offset is null say nothing. */
export function parseOffsets(text: string): KeptOffset[] {
  const lineOf = new Map<string, number>();
  return text.split('\n').flatMap((line, i) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const row = trimmed.startsWith('{') ? jsonOf(trimmed) : fieldsOf(trimmed);
    const { topic, partition, offset } = row ?? {};
    if (
      typeof topic !== 'string' ||
      topic === '' ||
      !isCount(partition) ||
      !(offset === null || isCount(offset))
    ) {
      throw usageError(`--from-file, line ${i + 1}: TOPIC,PARTITION,OFFSET is needed, not ${trimmed}`);
    }
    const name = partitionText({ topic, partition });
    const before = lineOf.get(name);
    if (before !== undefined)
      throw usageError(`--from-file: ${name} is on line ${before} and on line ${i + 1}.`);
    lineOf.set(name, i + 1);
    return offset === null ? [] : [{ topic, partition, offset }];
  });
}

interface Row {
  readonly topic?: unknown;
  readonly partition?: unknown;
  readonly offset?: unknown;
}

function jsonOf(line: string): Row | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function fieldsOf(line: string): Row | undefined {
  const fields = line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
  const [topic, partition, offset] = fields;
  return fields.length === 3 ? { topic, partition: wholeOf(partition), offset: wholeOf(offset) } : undefined;
}

/** An empty field is no zero. */
function wholeOf(field: string | undefined): number | undefined {
  return field !== undefined && /^\d+$/.test(field) ? Number(field) : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
