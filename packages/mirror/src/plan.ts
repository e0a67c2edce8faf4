// What a mirror would do, without doing any of it: which topics it would make, go on with, or leave alone, and how much
// there is to copy.

import type { TopicMetadata } from '@klamm/client/metadata-cache';
import type { Ends } from './ends.ts';
import { OffsetMap } from './offset-map.ts';
import type { MirrorState } from './state.ts';
import { StateLog } from './state-log.ts';
import { selectedTopics, type TopicSelection } from './topics.ts';

export interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  /**
   * `make` it, `take` one that is there and empty, `go on` with one of this mirror, or `leave` it, because the target's
   * is of somebody else, or the source's was made again.
   */
  readonly action: 'make' | 'take' | 'go on' | 'leave';
  /** Source offsets that are to be copied. */
  readonly offsets: number;
}

export async function planMirror(ends: Ends, name: string, selection: TopicSelection): Promise<TopicPlan[]> {
  await ends.check();
  await using log = new StateLog(ends.target.kafka, name);
  await log.refresh();
  const topics = await selectedTopics(ends.source.admin, selection);
  const there = new Set((await ends.target.admin.listTopics()).map((topic) => topic.name));
  return await Promise.all(topics.map((topic) => planTopic(ends, log.state, topic, there.has(topic.name))));
}

async function planTopic(
  { source, target }: Ends,
  state: MirrorState,
  { name: topic, id, partitions }: TopicMetadata,
  isThere: boolean,
): Promise<TopicPlan> {
  const claim = state.topics.get(topic);
  const [starts, ends, copied] = await Promise.all([
    source.admin.listOffsets(topic, 'earliest'),
    source.admin.listOffsets(topic, 'latest', { readCommitted: true }),
    isThere ? target.admin.listOffsets(topic, 'latest') : new Map<number, number>(),
  ]);
  const offsets = Array.from(ends, ([index, end]) => {
    const map = new OffsetMap(state.breaks(topic, index));
    const copiedTo = claim === undefined ? 0 : map.toSource(copied.get(index) ?? 0);
    return Math.max(0, end - Math.max(starts.get(index) ?? 0, copiedTo));
  });
  const isEmpty = [...copied.values()].every((end) => end === 0);
  const plan = {
    topic,
    partitions: partitions.length,
    offsets: offsets.reduce((sum, each) => sum + each, 0),
  };
  if (claim !== undefined && claim.sourceId !== id) return { ...plan, action: 'leave' };
  if (!isThere) return { ...plan, action: 'make' };
  if (claim !== undefined) return { ...plan, action: 'go on' };
  return { ...plan, action: isEmpty ? 'take' : 'leave' };
}
