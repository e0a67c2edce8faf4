// What still works when one node of a cluster dies, and from when on: two voters beside three. A cluster of two is what a
// well-known tutorial makes; the figures are those of docs/high-availability.md.
//
//   node bench/failover/voters.ts            prints a table in Markdown; about five minutes

import { systemClock } from '@klamm/base/clock';
import { messageOf } from '@klamm/base/errors';
import { Kafka, type KafkaOptions } from 'klamm';
import { ApacheCluster, getClusterJava } from '../../tests/peers/apache-cluster.ts';
import type { Java } from '../../tests/peers/java.ts';

/** How long each is tried for, in ms. */
const PATIENCE_MS = 45_000;
const ATTEMPT_MS = 5000;
const PARTITIONS = 6;
/** All the replicas that two nodes can have; with the three of the defaults they do not even make __consumer_offsets. */
const TWO = {
  'offsets.topic.replication.factor': '2',
  'transaction.state.log.replication.factor': '2',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '2',
  'share.coordinator.state.topic.min.isr': '1',
  'min.insync.replicas': '1',
};

type Attempt = (kafka: Kafka) => Promise<unknown>;

let made = 0;

/** What people do, each with the shortest way to see whether it works. `own` and `lost` are partitions by their leader. */
function attempts(own: number, lost: number): [string, Attempt][] {
  const send = (partition: number, acks: 'all' | 1) => async (kafka: Kafka) => {
    await using producer = kafka.producer({ acks, idempotent: false, deliveryTimeoutMs: ATTEMPT_MS });
    await producer.send({ topic: 'orders', partition, value: 'x' });
  };
  return [
    ['write, acks=all, where the survivor leads', send(own, 'all')],
    ['write, acks=all, where the dead one led', send(lost, 'all')],
    ['write, acks=1, where the survivor leads', send(own, 1)],
    ['write, acks=1, where the dead one led', send(lost, 1)],
    [
      'begin an idempotent producer',
      async (kafka) => {
        await using producer = kafka.producer({ deliveryTimeoutMs: ATTEMPT_MS });
        await producer.send({ topic: 'orders', partition: own, value: 'x' });
      },
    ],
    [
      'create a topic',
      async (kafka) => {
        await using admin = kafka.admin();
        await admin.createTopic({ name: `new-${++made}`, partitions: 1 }, { timeoutMs: ATTEMPT_MS });
      },
    ],
    [
      'read as a new member of a group',
      async (kafka) => {
        const signal = AbortSignal.timeout(ATTEMPT_MS);
        const group = kafka.group({
          groupId: `group-${++made}`,
          topics: 'orders',
          autoOffsetReset: 'earliest',
        });
        signal.addEventListener('abort', () => void group.close());
        for await (const _ of group) return;
        throw new Error('nothing came');
      },
    ],
  ];
}

/** Seconds until an attempt succeeded; what it said last where none did. */
async function firstSuccess(options: KafkaOptions, attempt: Attempt, from: number): Promise<string> {
  let last = '';
  while (systemClock.monotonic() - from < PATIENCE_MS) {
    try {
      await attempt(new Kafka(options));
      return `${((systemClock.monotonic() - from) / 1000).toFixed(1)} s`;
    } catch (error) {
      last = messageOf(error);
    }
  }
  return `not within ${PATIENCE_MS / 1000} s (${last.split(/[.:(\n]/)[0]?.trim()})`;
}

/** One node of the cluster is killed: that of the active controller, or another. */
async function death(java: Java, nodes: 2 | 3, ofController: boolean): Promise<Map<string, string>> {
  await using cluster = await ApacheCluster.start(java, { nodes, settings: nodes === 2 ? TWO : {} });
  const options = { brokers: cluster.bootstrap, requestTimeoutMs: ATTEMPT_MS, retryTimeoutMs: ATTEMPT_MS };
  const kafka = new Kafka({ ...options, retryTimeoutMs: 60_000 });
  {
    await using admin = kafka.admin();
    await admin.createTopic({ name: 'orders', partitions: PARTITIONS });
    await using producer = kafka.producer();
    for (let partition = 0; partition < PARTITIONS; partition++)
      await producer.send({ topic: 'orders', partition, value: 'x' });
    await using group = kafka.group({ groupId: 'warm', topics: 'orders', autoOffsetReset: 'earliest' });
    for await (const _ of group) break;
  }
  await cluster.whole();
  const controller = await cluster.controller();
  const victim = ofController ? controller : (controller % nodes) + 1;
  const leaders = await Promise.all(
    Array.from({ length: PARTITIONS }, (_, partition) => cluster.leader('orders', partition)),
  );
  const lost = leaders.indexOf(victim);
  const own = leaders.findIndex((leader) => leader !== victim);
  await cluster.kill(victim);
  const from = systemClock.monotonic();
  const found = new Map<string, string>();
  await Promise.all(
    attempts(own, lost).map(async ([what, attempt]) =>
      found.set(what, await firstSuccess(options, attempt, from)),
    ),
  );
  const again = systemClock.monotonic();
  await cluster.startAgain(victim);
  const [, all] = attempts(own, lost)[1] ?? [];
  if (all !== undefined)
    found.set('… after it was started again, acks=all', await firstSuccess(options, all, again));
  return found;
}

const java = await getClusterJava();
const columns = new Map<string, Map<string, string>>();
for (const nodes of [2, 3] as const)
  for (const ofController of [true, false]) {
    const name = `${nodes} voters, ${ofController ? 'the active controller' : 'another'} dies`;
    process.stderr.write(`· ${name}\n`);
    columns.set(name, await death(java, nodes, ofController));
  }
const deaths = [...columns.keys()];
const rows = attempts(0, 0).map(([what]) => what);
rows.push('… after it was started again, acks=all');
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
process.stdout.write(line(['', ...deaths]) + line(['', ...deaths].map(() => '---')));
for (const row of rows)
  process.stdout.write(line([row, ...deaths.map((name) => columns.get(name)?.get(row) ?? '')]));
