// One member of a group under chaos, a process of its own: reads slowly or fast, marks what it has read, and writes down
// what happens to it, a line at a time and at once, so that a SIGKILL loses nothing that was done.
//
//   node member.ts BOOTSTRAP GROUP TOPIC PROTOCOL STYLE SEED FILE [ASSIGNORS]
//
// Lines: a letter, the time in ms, and what it is about. A and V: partitions assigned and revoked, L: lost; R: a record
// read, before it is marked; C: committed offsets; E: trouble; X: the end.

import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '@klamm/base/random';
import { type GroupMessage, Kafka } from 'klamm';

const [
  bootstrap = '',
  groupId = '',
  topic = '',
  protocol = 'auto',
  style = 'stream',
  seed = '1',
  file = '',
  assignors = '',
] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const note = (letter: string, text: string): void =>
  appendFileSync(file, `${letter} ${Date.now()} ${text}\n`);

const kafka = new Kafka({ brokers: bootstrap, clientId: `member-${seed}` });
const group = kafka.group({
  groupId,
  topics: topic,
  protocol: protocol as 'classic' | 'consumer',
  ...(assignors === '' ? {} : { assignors: assignors.split(',') }),
  autoOffsetReset: 'earliest',
  autoCommit: { intervalMs: 500 },
  sessionTimeoutMs: 6000,
  heartbeatIntervalMs: 1000,
  closeTimeoutMs: 5000,
});

const listed = (partitions: readonly { readonly partition: number }[]): string =>
  partitions.map(({ partition }) => partition).join(',');
group.on('assigned', ({ partitions }) => note('A', listed(partitions)));
group.on('revoked', ({ partitions }) => note('V', listed(partitions)));
group.on('lost', ({ partitions }) => note('L', listed(partitions)));
group.on('committed', ({ offsets }) =>
  note('C', offsets.map(({ partition, offset }) => `${partition}:${offset}`).join(',')),
);
for (const type of ['error', 'fenced', 'commitFailed'] as const) {
  group.on(type, (event) =>
    note('E', `${type} ${event.error?.message ?? ('reason' in event ? event.reason : '')}`),
  );
}

process.once('SIGTERM', () => void group.close());

/** Some members are slow, and now and then one is very slow. */
const slownessMs = random() < 0.3 ? 3 : 0;
async function work(message: GroupMessage): Promise<void> {
  if (slownessMs > 0) await wait(random() * slownessMs);
  if (random() < 0.0005) await wait(2000);
  note('R', `${message.partition} ${message.offset} ${message.text()}`);
}

try {
  if (style === 'handler') {
    await group.run({
      async consumeClaim(claim, session) {
        for await (const message of claim) {
          await work(message);
          session.markMessage(message);
        }
      },
    });
  } else if (style === 'each') await group.each(work, { concurrency: 4 });
  else {
    for await (const message of group) {
      await work(message);
      message.mark();
    }
  }
  note('X', 'closed');
} catch (cause) {
  note('X', `failed: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
  process.exitCode = 1;
}
