// How long partitions of a group stand still: when a member joins, leaves, or is killed.
//
// The group of `size` members is one process; the member that comes and goes is another, so that it can be killed. A
// record goes to every partition all the time; a partition's gap ends with its next record at whichever member.

import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Kafka } from 'klamm';
import { type RunningProgram, startProgram } from '../../tests/peers/program.ts';
import type { Figures } from '../harness/rounds.ts';

const MEMBER = fileURLToPath(new URL('member.ts', import.meta.url));
const SEND_EVERY_MS = 20;
const DEADLINE_MS = 60_000;

export interface RebalanceCase {
  readonly client: string;
  readonly protocol: string;
  readonly bootstrap: string;
  /** Members that stay. */
  readonly size: number;
  readonly partitions: number;
}

interface Seen {
  readonly at: number;
  readonly partition: number;
}

/** What a process of members has printed so far. */
function linesOf(program: RunningProgram, name: string): { at: number; text: string }[] {
  return program.printed.stdout.split('\n').flatMap((line) => {
    const [what, at, text = ''] = line.split(' ');
    return what === name ? [{ at: Number(at), text }] : [];
  });
}

const seenBy = (program: RunningProgram): Seen[] =>
  linesOf(program, 'm').map(({ at, text }) => ({ at, partition: Number(text) }));

async function until<T>(what: string, find: () => T | undefined): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await wait(25);
  }
}

let groups = 0;

export async function rebalances({
  client,
  protocol,
  bootstrap,
  size,
  partitions,
}: RebalanceCase): Promise<Figures> {
  const topic = `rebalances-${++groups}-${Date.now()}`;
  const kafka = new Kafka({ brokers: bootstrap });
  await using admin = kafka.admin();
  await admin.createTopic({ name: topic, partitions });
  await using producer = kafka.producer();
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, value: 'x' }));
  await producer.sendBatch(all);
  const start = (): RunningProgram =>
    startProgram(process.execPath, [MEMBER, client, protocol, bootstrap, topic, topic]);
  const stay = start();
  const guest = start();
  const sending = setInterval(() => producer.sendBatch(all).catch(() => {}), SEND_EVERY_MS);
  try {
    await wait(1500); // The processes load their clients; nothing is measured yet.
    stay.write('join\n');
    const firstMessage = await until('a first message', () => firstAfter(stay, 'joining'));
    for (let i = 1; i < size; i++) stay.write('join\n');
    await settled([stay], partitions);

    const join = async (): Promise<Figures> => {
      const from = Date.now();
      guest.write('join\n');
      const joined = await until('the first message of a member that joins', () =>
        firstAfter(guest, 'joining'),
      );
      await settled([stay, guest], partitions);
      const moved = new Set(seenBy(guest).map(({ partition }) => partition));
      const kept = seenBy(stay).filter(({ at, partition }) => at >= from && !moved.has(partition));
      return {
        'join: first message ms': joined,
        'join: longest pause of an untouched partition ms': longestGap(kept),
      };
    };
    const handover = async (gone: number): Promise<number> => {
      const moved = new Set(
        seenBy(guest)
          .filter(({ at }) => at > gone - 1000)
          .map(({ partition }) => partition),
      );
      return until('the partitions of a member that is gone', () => {
        const taken = new Map<number, number>();
        for (const { at, partition } of seenBy(stay)) {
          if (at >= gone && moved.has(partition) && !taken.has(partition)) taken.set(partition, at);
        }
        return taken.size === moved.size ? Math.max(...taken.values()) - gone : undefined;
      });
    };

    const joined = await join();
    guest.write('leave\n');
    const leaving = await until('the leave', () => linesOf(guest, 'leaving').at(-1)?.at);
    const left = await handover(leaving);
    await until('the end of the leave', () => linesOf(guest, 'left').at(-1));
    await settled([stay], partitions);

    guest.write('join\n');
    await until('the member is back', () =>
      seenBy(guest).some(({ at }) => at > leaving + left) ? true : undefined,
    );
    await settled([stay, guest], partitions);
    const killed = Date.now();
    await guest.stop('SIGKILL');
    return {
      'first message ms': firstMessage,
      ...joined,
      'leave: all moved ms': left,
      'kill: all moved ms': await handover(killed),
    };
  } finally {
    clearInterval(sending);
    await stay.stop('SIGKILL');
    await guest.stop('SIGKILL');
  }
}

/** Ms from the last `name` line to the next message. */
function firstAfter(program: RunningProgram, name: string): number | undefined {
  const begun = linesOf(program, name).at(-1)?.at;
  if (begun === undefined) return undefined;
  const first = seenBy(program).find(({ at }) => at >= begun);
  return first === undefined ? undefined : first.at - begun;
}

/** Every partition has been read in the last moments, for a while. */
async function settled(programs: readonly RunningProgram[], partitions: number): Promise<void> {
  for (let calm = 0; calm < 8; ) {
    await wait(250);
    const since = Date.now() - 250;
    const fresh = new Set(
      programs.flatMap(seenBy).flatMap(({ at, partition }) => (at >= since ? [partition] : [])),
    );
    calm = fresh.size === partitions ? calm + 1 : 0;
  }
}

function longestGap(seen: readonly Seen[]): number {
  const last = new Map<number, number>();
  let longest = 0;
  for (const { at, partition } of seen) {
    longest = Math.max(longest, at - (last.get(partition) ?? at));
    last.set(partition, at);
  }
  return longest;
}
