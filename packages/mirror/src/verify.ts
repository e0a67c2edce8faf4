// Compares source and target: each partition by ranges of offsets, as far as both have it.
//
// Two compacted logs need not hold the same records, as each is compacted when its broker sees fit; what they agree on is
// the last value of each key. So where ranges of a compacted topic differ, those are compared.

import { isCompacted } from './compacted.ts';
import { contentOf, type Digest, digestPartition, readPartition } from './digest.ts';
import type { Ends } from './ends.ts';
import { OffsetMap } from './offset-map.ts';
import type { MirrorState } from './state.ts';

export interface RangeDifference {
  /** Source offsets, the second not included. */
  readonly from: number;
  readonly to: number;
  readonly source: Digest | null;
  readonly target: Digest | null;
}

export interface PartitionVerdict {
  readonly topic: string;
  readonly partition: number;
  /** Source offsets that were compared, the second not included. */
  readonly from: number;
  readonly to: number;
  readonly records: number;
  readonly ranges: number;
  readonly by: 'records' | 'keys';
  readonly differences: readonly RangeDifference[];
}

export interface VerifyOptions {
  readonly rangeSize: number;
  readonly isSelected: (topic: string) => boolean;
  /** Called with each verdict as it falls. */
  readonly told?: (verdict: PartitionVerdict) => void;
}

export const RANGE_SIZE = 100_000;
/** A set of keys beyond this would not fit into memory. */
const KEYS_MAX = 4_000_000;
const NOTHING: Digest = { count: 0, checksum: '' };

interface Span {
  readonly topic: string;
  readonly partition: number;
  readonly map: OffsetMap;
  readonly from: number;
  readonly to: number;
}

/** All partitions of the mirror's topics that both clusters have. */
export async function verify(
  ends: Ends,
  state: MirrorState,
  options: VerifyOptions,
): Promise<PartitionVerdict[]> {
  const verdicts: PartitionVerdict[] = [];
  for (const topic of [...state.topics.keys()].filter(options.isSelected).sort()) {
    for (const span of await spansOf(ends, state, topic)) {
      const verdict = await verifyPartition(ends, span, options.rangeSize);
      options.told?.(verdict);
      verdicts.push(verdict);
    }
  }
  return verdicts;
}

async function spansOf({ source, target }: Ends, state: MirrorState, topic: string): Promise<Span[]> {
  if (!(await source.admin.topicExists(topic)) || !(await target.admin.topicExists(topic))) return [];
  const [starts, sourceEnds, targetStarts, targetEnds] = await Promise.all([
    source.admin.listOffsets(topic, 'earliest'),
    source.admin.listOffsets(topic, 'latest', { readCommitted: true }),
    target.admin.listOffsets(topic, 'earliest'),
    target.admin.listOffsets(topic, 'latest'),
  ]);
  return Array.from(sourceEnds, ([partition, sourceEnd]) => {
    const map = new OffsetMap(state.breaks(topic, partition));
    const from = Math.max(starts.get(partition) ?? 0, map.toSource(targetStarts.get(partition) ?? 0));
    const to = Math.min(sourceEnd, map.toSource(targetEnds.get(partition) ?? 0));
    return { topic, partition, map, from: Math.min(from, to), to };
  });
}

async function verifyPartition(ends: Ends, span: Span, rangeSize: number): Promise<PartitionVerdict> {
  const { topic, partition, map, from, to } = span;
  const lanes = { source: ends.source.raw.newLane('verify'), target: ends.target.raw.newLane('verify') };
  try {
    const place = { topic, index: partition, rangeSize };
    const [source, target] = await Promise.all([
      digestPartition(ends.source.raw, lanes.source, { ...place, from, to, sourceOffset: (at) => at }),
      digestPartition(ends.target.raw, lanes.target, {
        ...place,
        from: map.toTarget(from),
        to: map.toTarget(to),
        sourceOffset: (at) => map.toSource(at),
      }),
    ]);
    const ranges = [...new Set([...source.keys(), ...target.keys()])].sort((a, b) => a - b);
    const differences = ranges.flatMap((range): RangeDifference[] => {
      const [a, b] = [source.get(range) ?? NOTHING, target.get(range) ?? NOTHING];
      if (a.count === b.count && a.checksum === b.checksum) return [];
      const bounds = { from: Math.max(from, range * rangeSize), to: Math.min(to, (range + 1) * rangeSize) };
      return [{ ...bounds, source: source.get(range) ?? null, target: target.get(range) ?? null }];
    });
    const records = [...source.values()].reduce((sum, { count }) => sum + count, 0);
    const verdict = { topic, partition, from, to, records, ranges: ranges.length } as const;
    if (differences.length > 0 && (await isEitherCompacted(ends, topic))) {
      const isSame = await hasSameValues(ends, lanes, span);
      return { ...verdict, by: 'keys', differences: isSame ? [] : differences };
    }
    return { ...verdict, by: 'records', differences };
  } finally {
    ends.source.raw.releaseLane(lanes.source);
    ends.target.raw.releaseLane(lanes.target);
  }
}

async function isEitherCompacted({ source, target }: Ends, topic: string): Promise<boolean> {
  return (await isCompacted(source.admin, topic)) || (await isCompacted(target.admin, topic));
}

/** The last record of each key that has a value, by its offset and content. */
async function hasSameValues(
  ends: Ends,
  lanes: { readonly source: string; readonly target: string },
  { topic, partition: index, map, from, to }: Span,
): Promise<boolean> {
  const last = new Map<string, string>();
  let isBounded = true;
  await readPartition(ends.source.raw, lanes.source, { topic, index, from, to }, (offset, cursor) => {
    const key = cursor.key()?.toString('latin1') ?? '';
    if (cursor.valueSize < 0) last.delete(key);
    else if (last.size < KEYS_MAX) last.set(key, `${offset}/${cursor.timestamp}/${contentOf(cursor)}`);
    else isBounded = false;
  });
  const found = new Map<string, string>();
  const span = { topic, index, from: map.toTarget(from), to: map.toTarget(to) };
  await readPartition(ends.target.raw, lanes.target, span, (offset, cursor) => {
    const key = cursor.key()?.toString('latin1') ?? '';
    if (cursor.valueSize < 0) found.delete(key);
    else if (found.size < KEYS_MAX) {
      found.set(key, `${map.toSource(offset)}/${cursor.timestamp}/${contentOf(cursor)}`);
    } else isBounded = false;
  });
  return isBounded && last.size === found.size && [...last].every(([key, is]) => found.get(key) === is);
}
