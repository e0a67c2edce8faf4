// A mirror to three nodes of Apache Kafka, with everything threefold: the leader of a partition is killed while it is
// written to, then another hangs. Offsets stay the same, and every record is there once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { startBroker } from '@klamm/broker/broker';
import { Kafka } from '@klamm/client/client';
import { Ends } from '@klamm/mirror/ends';
import { Mirror } from '@klamm/mirror/mirror';
import { StateLog } from '@klamm/mirror/state-log';
import { verify } from '@klamm/mirror/verify';
import { ApacheCluster, getClusterJava } from '../peers/apache-cluster.ts';
import { usePeer } from '../peers/peers.ts';

const java = await usePeer(getClusterJava);
const RECORDS = 40_000;
const VALUE = 'x'.repeat(300);

async function fill(kafka: Kafka): Promise<void> {
  await using admin = kafka.admin();
  await admin.createTopics([
    { name: 'big', partitions: 3 },
    { name: 'decided', partitions: 1 },
  ]);
  await using producer = kafka.producer({ batchBytes: 16_384 });
  for (let at = 0; at < RECORDS; at += 1000) {
    await producer.sendBatch(
      Array.from({ length: 1000 }, (_, n) => ({ topic: 'big', key: `${at + n}`, value: VALUE })),
    );
  }
  await using transactional = kafka.producer({ transactionalId: 'decided' });
  for (let i = 0; i < 100; i++) {
    const transaction = await transactional.begin();
    await transaction.send({ topic: 'decided', value: `${i}` });
    await (i % 3 === 0 ? transaction.abort() : transaction.commit());
  }
}

test('a leader of the target is killed, and another hangs, under a mirror', {
  skip: java.skip,
  timeout: 170_000,
}, async () => {
  const broker = await startBroker({ port: 0 });
  try {
    const from = `127.0.0.1:${broker.port}`;
    await fill(new Kafka({ brokers: from }));
    await using cluster = await ApacheCluster.start(java.get());
    await using ends = new Ends({ brokers: from }, { brokers: cluster.bootstrap });
    const mirror = new Mirror(ends, {
      name: 'cluster',
      topics: { include: [], exclude: [], replicationFactor: 3 },
      groups: { include: [], exclude: [] },
      copy: { bytesPerSecond: 1_500_000 },
      once: true,
      clock: systemClock,
      logger: silentLogger,
      notice: () => {},
    });
    let isOver = false;
    const running = mirror.run(AbortSignal.timeout(150_000)).finally(() => {
      isOver = true;
    });
    const untilCopied = async (records: number): Promise<void> => {
      while (!isOver && mirror.partitions.reduce((sum, each) => sum + each.copiedRecords, 0) < records)
        await sleep(systemClock, 50);
    };
    await untilCopied(RECORDS / 4);
    const killed = await cluster.leader('big', 0);
    await cluster.kill(killed);
    await untilCopied(RECORDS / 2);
    await cluster.startAgain(killed);
    const hanging = await cluster.leader('big', 1);
    cluster.hang(hanging);
    const outcome = await running;
    cluster.goOn(hanging);
    assert.deepEqual(outcome, { reason: 'copied', failures: [] });

    await using log = new StateLog(ends.target.kafka, 'cluster');
    await log.refresh();
    const verdicts = await verify(ends, log.state, { rangeSize: 10_000, isSelected: () => true });
    assert.equal(verdicts.length, 4);
    assert.deepEqual(
      verdicts.flatMap(({ differences }) => differences),
      [],
    );
    for (const topic of ['big', 'decided']) {
      const [there, here] = await Promise.all(
        [ends.source, ends.target].map(({ admin }) => admin.listOffsets(topic, 'latest')),
      );
      assert.deepEqual(here, there, `ends of ${topic}`);
    }
  } finally {
    await broker.close();
  }
});
