// Where a mirror stands, read off both clusters: whoever asks need not be the mirror.

import { type Clock, sleep } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import type { Ends } from './ends.ts';
import { lockGroup } from './lock.ts';
import { OffsetMap } from './offset-map.ts';
import type { MirrorState } from './state.ts';
import { StateLog } from './state-log.ts';

export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  /** First and next offset of the source, up to where transactions are decided. */
  readonly sourceStart: number;
  readonly sourceEnd: number;
  /** -1 where the target does not have the partition. */
  readonly targetStart: number;
  readonly targetEnd: number;
  /** Offsets of the source that are not on the target yet. */
  readonly lag: number;
  /** Offsets that the target gained in a second. */
  readonly rate: number;
  /** `same`, or `mapped` where an offset of the target stands for another of the source. */
  readonly offsets: 'same' | 'mapped';
}

export interface MirrorStatus {
  /** Undefined where there is no mirror of that name. */
  readonly state: MirrorState | undefined;
  /** Where mirrors of that name run; the first works, the others wait. */
  readonly members: readonly { readonly clientId: string; readonly host: string }[];
  readonly partitions: readonly PartitionStatus[];
}

const RATE_MS = 1000;

/** @param rate whether to look twice, a second apart */
export async function mirrorStatus(
  ends: Ends,
  name: string,
  { clock, rate }: { readonly clock: Clock; readonly rate: boolean },
): Promise<MirrorStatus> {
  await using log = new StateLog(ends.target.kafka, name);
  const isThere = await log.refresh();
  if (!isThere || log.state.sourceClusterId === undefined)
    return { state: undefined, members: [], partitions: [] };
  const before = rate ? await targetEnds(ends, log.state) : undefined;
  const from = clock.monotonic();
  if (rate) await sleep(clock, RATE_MS);
  const partitions = await partitionsOf(ends, log.state);
  const seconds = (clock.monotonic() - from) / 1000;
  return {
    state: log.state,
    members: await membersOf(ends, name),
    partitions: partitions.map((each) => {
      const earlier = before?.get(each.topic)?.get(each.partition);
      return { ...each, rate: earlier === undefined ? 0 : Math.round((each.targetEnd - earlier) / seconds) };
    }),
  };
}

async function partitionsOf(ends: Ends, state: MirrorState): Promise<PartitionStatus[]> {
  const { source, target } = ends;
  const rows: PartitionStatus[] = [];
  const names = [...state.topics.keys()].sort();
  const found = new Set((await source.admin.listTopics()).map((topic) => topic.name));
  const ends2 = await targetEnds(ends, state);
  for (const topic of names) {
    if (!found.has(topic)) continue;
    const [starts, sourceEnds] = await Promise.all([
      source.admin.listOffsets(topic, 'earliest'),
      source.admin.listOffsets(topic, 'latest', { readCommitted: true }),
    ]);
    const there = ends2.get(topic);
    const targetStarts = there === undefined ? new Map() : await target.admin.listOffsets(topic, 'earliest');
    for (const [partition, sourceEnd] of sourceEnds) {
      const map = new OffsetMap(state.breaks(topic, partition));
      const sourceStart = starts.get(partition) ?? 0;
      const targetEnd = there?.get(partition) ?? -1;
      const copiedTo = targetEnd < 0 ? 0 : map.toSource(targetEnd);
      rows.push({
        topic,
        partition,
        sourceStart,
        sourceEnd,
        targetStart: targetStarts.get(partition) ?? -1,
        targetEnd,
        lag: Math.max(0, sourceEnd - Math.max(copiedTo, Math.min(sourceStart, sourceEnd))),
        rate: 0,
        offsets: map.isSame ? 'same' : 'mapped',
      });
    }
  }
  return rows;
}

async function targetEnds({ target }: Ends, state: MirrorState): Promise<Map<string, Map<number, number>>> {
  const there = new Set((await target.admin.listTopics()).map(({ name }) => name));
  const ends = new Map<string, Map<number, number>>();
  for (const topic of state.topics.keys()) {
    if (there.has(topic)) ends.set(topic, await target.admin.listOffsets(topic, 'latest'));
  }
  return ends;
}

async function membersOf({ target }: Ends, name: string): Promise<MirrorStatus['members']> {
  try {
    const { members } = await target.admin.describeGroup(lockGroup(name));
    return [...members]
      .sort((a, b) => b.assignment.length - a.assignment.length)
      .map(({ clientId, host }) => ({ clientId, host }));
  } catch (cause) {
    if (cause instanceof KlammError && cause.code === 'GROUP_ID_NOT_FOUND') return [];
    throw cause;
  }
}
