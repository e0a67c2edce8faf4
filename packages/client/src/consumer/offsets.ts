// Turns positions into offsets: asks a partition's leader for the ends of its log, or for a time (ListOffsets).

import type { KlammError } from '@klamm/base/errors';
import { ListOffsets } from '@klamm/protocol/api/02-list-offsets';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import type { Connection } from '../network/connection.ts';
import type { StartPosition } from './options.ts';

const LATEST = -1;
const EARLIEST = -2;

export interface FoundOffset {
  readonly errorCode: number;
  readonly offset: number;
}

interface Question {
  readonly topic: string;
  readonly readCommitted: boolean;
}

/**
 * The offset of each position, by partition. A time after the last record gives the end of the log. Error codes are
 * left to the caller; throws KlammError where the connection fails.
 */
export async function resolveOffsets(
  connection: Connection,
  { topic, readCommitted }: Question,
  starts: readonly { readonly index: number; readonly start: StartPosition }[],
): Promise<Map<number, FoundOffset>> {
  const found = new Map<number, FoundOffset>();
  const asked = starts.filter(({ index, start }) => {
    if (typeof start === 'number') found.set(index, { errorCode: 0, offset: start });
    return typeof start !== 'number';
  });
  const late: { index: number; start: StartPosition }[] = [];
  if (asked.length === 0) return found;
  const answer = await connection.request(ListOffsets, {
    replicaId: -1,
    isolationLevel: readCommitted ? 1 : 0,
    topics: [
      {
        name: topic,
        partitions: asked.map(({ index, start }) => ({
          partitionIndex: index,
          timestamp: timestampOf(start),
        })),
      },
    ],
  });
  for (const { partitionIndex, errorCode, offset } of answer.topics[0]?.partitions ?? []) {
    if (errorCode === 0 && offset < 0) late.push({ index: partitionIndex, start: 'latest' });
    else found.set(partitionIndex, { errorCode, offset });
  }
  if (late.length === 0) return found;
  for (const [index, end] of await resolveOffsets(connection, { topic, readCommitted }, late))
    found.set(index, end);
  return found;
}

/** The offset of one position. Throws KlammError also for the partition's error code. */
export async function offsetOf(
  connection: Connection,
  question: Question,
  index: number,
  start: StartPosition,
): Promise<number> {
  const found = (await resolveOffsets(connection, question, [{ index, start }])).get(index);
  if (found?.errorCode === 0) return found.offset;
  throw offsetError(question.topic, index, found?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR);
}

export function offsetError(topic: string, index: number, code: number): KlammError {
  return kafkaError(code, `The offsets of ${topic}-${index} cannot be had: ${kafkaError(code).message}`);
}

/** ListOffsets' way of saying where. */
export function timestampOf(start: Exclude<StartPosition, number> | StartPosition): number {
  if (start === 'latest') return LATEST;
  if (start === 'earliest') return EARLIEST;
  return start instanceof Date ? start.getTime() : start;
}
