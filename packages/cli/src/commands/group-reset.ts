// `klamm group reset`: moves a group's committed offsets. Shows the plan, and with --yes carries it out.
//
// An offset is never put where no record can be: below the start of a partition is its start, beyond its end its end.

import { readFile } from 'node:fs/promises';
import type { Admin } from '@klamm/client/admin/admin';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { CommandRun, Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { type GroupPlace, placesOf } from '../group-places.ts';
import { POSITION_GRAMMAR, parseSpan } from '../record/position.ts';
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
  await context.rows(columns, rows, `There is nothing to move: ${groupId} has committed nothing there.`);
  if (plan.length === 0) return;
  if (context.globals.dryRun || !context.globals.yes) {
    return context.say('Nothing was changed. To carry it out, say --yes.');
  }
  await admin.setGroupOffsets(
    groupId,
    plan.map(({ topic, partition, to }) => ({ topic, partition, offset: to })),
  );
  context.say(`Moved the group ${groupId}.`);
};

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
  const targets =
    like !== undefined ? await admin.groupOffsets(like) : parseFile(await readFile(file ?? '', 'utf8'));
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
  const { from, until } = parseSpan([text], nowMs);
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
      for (const topic of new Set(places.map((place) => place.topic))) {
        found.set(topic, await admin.listOffsets(topic, new Date(from.timestampMs)));
      }
      return ({ topic, partition }) => found.get(topic)?.get(partition);
    }
  }
}

async function boundsOf(admin: Admin, places: readonly TopicPartition[]): Promise<Map<string, Bounds>> {
  const bounds = new Map<string, Bounds>();
  for (const topic of new Set(places.map((place) => place.topic))) {
    if (!(await admin.topicExists(topic))) continue;
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

/** Lines of TOPIC,PARTITION,OFFSET as Kafka's own tool reads them, or JSON objects with these fields. */
function parseFile(text: string): (TopicPartition & { readonly offset: number })[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line, i) => {
      const { topic, partition, offset } = line.startsWith('{') ? JSON.parse(line) : fieldsOf(line);
      const isWhole = Number.isSafeInteger(partition) && Number.isSafeInteger(offset) && offset >= 0;
      if (typeof topic === 'string' && topic !== '' && isWhole) return { topic, partition, offset };
      throw usageError(`--from-file, line ${i + 1}: TOPIC,PARTITION,OFFSET is needed, not ${line}`);
    });
}

function fieldsOf(line: string): { topic: string; partition: number; offset: number } {
  const [topic = '', partition, offset] = line.split(',').map((field) => field.trim().replace(/^"|"$/g, ''));
  return { topic, partition: Number(partition ?? 'x'), offset: Number(offset ?? 'x') };
}
