// `klamm group reset`: moves a group's committed offsets. Shows the plan, and with --yes carries it out.
//
// An offset is never put where no record can be: below the start of a partition is its start, beyond its end its end.

import { KlammError } from '@klamm/base/errors';
import type { Admin } from '@klamm/client/admin/admin';
import type { GroupMember } from '@klamm/client/admin/groups';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { CommandRun, Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { type GroupPlace, placesOf } from '../group-places.ts';
import { readOffsets } from '../offsets-file.ts';
import { POSITION_GRAMMAR, parseSpan } from '../record/position.ts';
import { topicNames } from '../topics.ts';
import { usageError } from '../usage-error.ts';

/** The new offset of a place, before it is put within the partition's bounds; undefined to leave it. */
type Move = (place: GroupPlace, bounds: Bounds) => number | undefined;

interface Bounds {
  readonly start: number;
  readonly end: number;
}

export const reset: CommandRun = async (context, [name], flags) => {
  const groupId = String(name);
  await using admin = (await context.kafka()).admin();
  const { move, places } = await moveOf(context, admin, groupId, flags);
  const bounds = await boundsOf(admin, places);
  const plan = places.flatMap((place) => {
    const limits = bounds.get(partitionText(place));
    const to = limits === undefined ? undefined : move(place, limits);
    if (limits === undefined || to === undefined) return [];
    return [{ ...place, to: Math.min(Math.max(to, limits.start), limits.end), end: limits.end }];
  });
  const lost = places.filter((place) => !bounds.has(partitionText(place))).map(partitionText);
  if (lost.length > 0) context.say(`Left out, as there is no such partition: ${lost.join(', ')}`);
  const rows = plan.map(({ topic, partition, offset, to, end }) => ({
    topic,
    partition,
    offset,
    newOffset: to,
    change: offset === null ? null : to - offset,
    lag: end - to,
  }));
  const columns = [
    { key: 'topic', title: 'TOPIC' },
    { key: 'partition', title: 'PARTITION', isNumber: true },
    { key: 'offset', title: 'OFFSET', isNumber: true },
    { key: 'newOffset', title: 'NEW OFFSET', isNumber: true },
    { key: 'change', title: 'CHANGE', isNumber: true },
    { key: 'lag', title: 'LAG THEN', isNumber: true },
  ];
  await context.rows(columns, rows, nothingToMove(groupId, flags));
  if (plan.length === 0) return;
  if (context.globals.dryRun || !context.globals.yes) {
    const members = await membersOf(admin, groupId);
    if (members.length > 0) {
      const names = members.map(({ memberId, clientId, host }) => `  ${memberId} (${clientId} at ${host})`);
      context.say(
        `The group ${groupId} is in use. It can be moved when these are stopped:\n${names.join('\n')}`,
      );
    }
    return context.say('Nothing was changed. To carry it out, say --yes.');
  }
  await admin.setGroupOffsets(
    groupId,
    plan.map(({ topic, partition, to }) => ({ topic, partition, offset: to })),
  );
  context.say(`Moved the group ${groupId}.`);
};

function nothingToMove(groupId: string, flags: Flags): string {
  const like = flags.text('like');
  if (like !== undefined) return `There is nothing to move: ${like} has committed nothing there.`;
  if (flags.text('fromFile') !== undefined)
    return 'There is nothing to move: the file names no such partition.';
  const hint = flags.list('topic').length > 0 ? ' there' : '; name its topics with -t';
  return `There is nothing to move: ${groupId} has committed nothing${hint}.`;
}

/** None where there is no such group yet: its first offsets make one. */
async function membersOf(admin: Admin, groupId: string): Promise<readonly GroupMember[]> {
  try {
    return (await admin.describeGroup(groupId)).members;
  } catch (error) {
    if (error instanceof KlammError && error.code === 'GROUP_ID_NOT_FOUND') return [];
    throw error;
  }
}

/** What to do, and with which partitions. Exactly one of the flags says so. */
async function moveOf(
  context: CommandContext,
  admin: Admin,
  groupId: string,
  flags: Flags,
): Promise<{ move: Move; places: readonly GroupPlace[] }> {
  const [to, shift, like, file] = ['to', 'shift', 'like', 'fromFile'].map((flag) => flags.text(flag));
  if ([to, shift, like, file].filter((text) => text !== undefined).length !== 1) {
    throw usageError('Where to? Give one of --to, --shift, --like and --from-file.');
  }
  const places = await placesOf(admin, groupId, flags.list('topic'));
  if (to !== undefined) return { places, move: await moveTo(admin, places, to, context.clock.now()) };
  if (shift !== undefined) {
    if (!/^[+-]?\d+$/.test(shift))
      throw usageError(`--shift ${shift}: a whole number is needed, as --shift=-10.`);
    return { places, move: ({ offset }) => (offset === null ? undefined : offset + Number(shift)) };
  }
  const targets = like !== undefined ? await admin.groupOffsets(like) : await readOffsets(file ?? '');
  const offsets = new Map(targets.map((target) => [partitionText(target), target.offset]));
  const own = new Map(places.map((place) => [partitionText(place), place]));
  const isChosen = flags.list('topic').length > 0;
  const all = isChosen
    ? places
    : targets.map((target) => own.get(partitionText(target)) ?? { ...target, offset: null });
  return { places: all, move: (place) => offsets.get(partitionText(place)) };
}

async function moveTo(
  admin: Admin,
  places: readonly TopicPartition[],
  text: string,
  nowMs: number,
): Promise<Move> {
  const { from, until } = parseSpan([text], nowMs, '--to');
  if (until !== undefined) throw usageError(`--to ${text}: one place is needed.\n\n${POSITION_GRAMMAR}`);
  switch (from.kind) {
    case 'start':
      return (_place, { start }) => start + from.plus;
    case 'end':
      return (_place, { end }) => end - from.minus;
    case 'offset':
      return () => from.offset;
    case 'time': {
      const found = new Map<string, Map<number, number>>();
      for (const topic of await topicsThere(admin, places)) {
        found.set(topic, await admin.listOffsets(topic, new Date(from.timestampMs)));
      }
      return ({ topic, partition }) => found.get(topic)?.get(partition);
    }
  }
}

/** The topics of the places; one that is gone has no offsets to move to. */
async function topicsThere(admin: Admin, places: readonly TopicPartition[]): Promise<string[]> {
  const known = new Set(await topicNames(admin));
  return [...new Set(places.map(({ topic }) => topic))].filter((topic) => known.has(topic));
}

async function boundsOf(admin: Admin, places: readonly TopicPartition[]): Promise<Map<string, Bounds>> {
  const bounds = new Map<string, Bounds>();
  for (const topic of await topicsThere(admin, places)) {
    const [starts, ends] = await Promise.all([
      admin.listOffsets(topic, 'earliest'),
      admin.listOffsets(topic, 'latest'),
    ]);
    for (const [partition, end] of ends) {
      bounds.set(partitionText({ topic, partition }), { start: starts.get(partition) ?? 0, end });
    }
  }
  return bounds;
}
