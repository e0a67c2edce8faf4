// `klamm group lag` and `delete-offsets`: where a group is.

import { sleep } from '@klamm/base/clock';
import type { Admin } from '@klamm/client/admin/admin';
import { partitionText } from '@klamm/protocol/groups/topic-partition';
import type { CommandRun } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import { parseDuration } from '../duration.ts';
import { placesOf } from '../group-places.ts';
import { usageError } from '../usage-error.ts';

const WATCH_MS = 2000;
/** Clears a terminal, and goes to its top left. */
const CLEAR = '\x1b[2J\x1b[H';

const COLUMNS = [
  { key: 'topic', title: 'TOPIC' },
  { key: 'partition', title: 'PARTITION', isNumber: true },
  { key: 'offset', title: 'OFFSET', isNumber: true },
  { key: 'end', title: 'END', isNumber: true },
  { key: 'lag', title: 'LAG', isNumber: true },
  { key: 'member', title: 'MEMBER' },
  { key: 'client', title: 'CLIENT', isWide: true },
  { key: 'host', title: 'HOST', isWide: true },
];

export const lag: CommandRun = async (context, [name], flags) => {
  const groupId = String(name);
  const watch = flags.text('watch');
  const intervalMs = watch === undefined ? WATCH_MS : parseDuration(watch);
  if (intervalMs === undefined || intervalMs <= 0) {
    throw usageError(`--watch ${watch}: seconds are needed, or nothing: klamm group lag GROUP --watch`);
  }
  const isWatching = watch !== undefined || flags.on('watch');
  const { interrupted } = context;
  await using admin = (await context.kafka()).admin();
  for (;;) {
    const rows = await lagRows(admin, groupId, flags.list('topic'));
    if (isWatching && process.stdout.isTTY) await context.write(CLEAR);
    const known = rows.flatMap((row) => row.lag ?? []);
    const behind = known.reduce((sum, each) => sum + each, 0);
    context.say(`${groupId} is ${behind} ${behind === 1 ? 'record' : 'records'} behind.`);
    await context.rows(COLUMNS, rows, `The group ${groupId} has committed nothing.`);
    if (!isWatching) return;
    await sleep(context.clock, intervalMs, interrupted).catch(() => {});
    if (interrupted.aborted) return;
  }
};

async function lagRows(admin: Admin, groupId: string, topics: readonly string[]) {
  const members = await membersByPartition(admin, groupId);
  const committed = await placesOf(admin, groupId, topics);
  const known = new Set(committed.map(partitionText));
  // What a member reads and has not committed yet belongs to the picture too.
  const read =
    topics.length > 0 ? [] : [...new Set(members.values())].flatMap(({ assignment }) => assignment);
  const uncommitted = read.filter((place) => !known.has(partitionText(place)));
  const places = [...committed, ...uncommitted.map((place) => ({ ...place, offset: null }))];
  const ends = new Map<string, Map<number, number>>();
  for (const topic of new Set(places.map((place) => place.topic))) {
    // A topic that is gone has no end; its offsets may still be there.
    if (await admin.topicExists(topic)) ends.set(topic, await admin.listOffsets(topic, 'latest'));
  }
  places.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
  return places.map((place) => {
    const { topic, partition, offset } = place;
    const end = ends.get(topic)?.get(partition) ?? null;
    const member = members.get(partitionText(place));
    return {
      topic,
      partition,
      offset,
      end,
      lag: end === null || offset === null ? null : Math.max(0, end - offset),
      member: member?.memberId ?? null,
      client: member?.clientId ?? null,
      host: member?.host ?? null,
    };
  });
}

async function membersByPartition(admin: Admin, groupId: string) {
  const { members } = await admin.describeGroup(groupId);
  return new Map(
    members.flatMap((member) => member.assignment.map((place) => [partitionText(place), member] as const)),
  );
}

export const deleteOffsets: CommandRun = async (context, [name], flags) => {
  const groupId = String(name);
  const topics = flags.list('topic');
  if (topics.length === 0) throw usageError('Of which topics? klamm group delete-offsets GROUP -t TOPIC');
  await using admin = (await context.kafka()).admin();
  const places = (await placesOf(admin, groupId, topics)).filter(({ offset }) => offset !== null);
  if (places.length === 0) return context.say(`The group ${groupId} has committed nothing there.`);
  const shown = places.map((place) => `${partitionText(place)} (${place.offset})`).join(', ');
  if (context.globals.dryRun) return context.say(`The offsets of ${shown} would be forgotten.`);
  if (!(await isConfirmed(context, `Forget the offsets of ${shown}?`))) {
    context.hasFailed = true;
    return context.say('Nothing was changed.');
  }
  await admin.deleteGroupOffsets(groupId, places);
  context.say(`The group ${groupId} has no offset there any more.`);
};
