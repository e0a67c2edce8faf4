// The offsets of consumer groups, carried over as far as the records before them are on the target.
//
// An offset moves forward only, and only while nobody uses the group there: a group that has moved already goes its own
// way. Where offsets differ they are translated by the partition's map.

import { KlammError } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import type { OffsetToCommit } from '@klamm/client/group/offset-requests';
import { isLockGroup } from './lock.ts';
import { isSelected, type TopicSelection } from './topics.ts';

/** Of a partition: up to where the source is copied, and which offset of the target stands for one of the source. */
export interface Copied {
  readonly copiedTo: number;
  readonly toTarget: (source: number) => number;
}

export interface GroupOutcome {
  readonly groupId: string;
  readonly type: string;
  readonly state: string;
  /** Offsets that were set now. */
  readonly moved: number;
  /** Offsets of the source that the target does not have (yet). */
  readonly behind: number;
  /** Offsets of topics that are not mirrored. */
  readonly foreign: number;
  /** Why nothing was set; null where nothing speaks against it. */
  readonly refused: string | null;
}

/** Groups that keep their place in a way of their own, of which no offset is the whole. */
const UNSUPPORTED = new Set(['share']);

export async function syncGroups(
  ends: { readonly source: Admin; readonly target: Admin },
  selection: TopicSelection,
  copied: (topic: string, partition: number) => Copied | undefined,
): Promise<GroupOutcome[]> {
  const groups = await ends.source.listGroups();
  const outcomes: GroupOutcome[] = [];
  for (const { groupId, type, state } of groups) {
    if (isLockGroup(groupId) || !isSelected(groupId, selection)) continue;
    if (UNSUPPORTED.has(type)) {
      const refused = 'a share group, whose place is more than an offset; it begins where it is told to';
      outcomes.push({ groupId, type, state, moved: 0, behind: 0, foreign: 0, refused });
    } else outcomes.push({ groupId, type, state, ...(await syncGroup(ends, groupId, copied)) });
  }
  return outcomes;
}

async function syncGroup(
  { source, target }: { readonly source: Admin; readonly target: Admin },
  groupId: string,
  copied: (topic: string, partition: number) => Copied | undefined,
): Promise<Pick<GroupOutcome, 'moved' | 'behind' | 'foreign' | 'refused'>> {
  const committed = await source.groupOffsets(groupId);
  const there = new Map(
    (await target.groupOffsets(groupId)).map(({ topic, partition, offset }) => [
      `${topic}/${partition}`,
      offset,
    ]),
  );
  const wanted: OffsetToCommit[] = [];
  let behind = 0;
  let foreign = 0;
  for (const { topic, partition, offset, metadata } of committed) {
    const place = copied(topic, partition);
    if (place === undefined) foreign++;
    else if (offset > place.copiedTo) behind++;
    else {
      const translated = place.toTarget(offset);
      if ((there.get(`${topic}/${partition}`) ?? -1) < translated)
        wanted.push({ topic, partition, offset: translated, metadata });
    }
  }
  try {
    await target.setGroupOffsets(groupId, wanted);
  } catch (cause) {
    if (!(cause instanceof KlammError) || cause.retriable) throw cause;
    return { moved: 0, behind, foreign, refused: cause.message };
  }
  return { moved: wanted.length, behind, foreign, refused: null };
}
