// Apache Kafka's ConsumerGroupCommand against the broker: groups of both protocols listed, described, reset and deleted.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { kafkaJs, newTopic } from '../peers/topics.ts';

const peer = await usePeer(getJava);
const RECORDS = 12;
const PARTITIONS = 3;

/** The rows of a tool's table, by its heads. */
function rowsOf(printed: string): Record<string, string>[] {
  const lines = printed.split('\n').filter((line) => line.trim() !== '');
  const at = lines.findIndex((line) => line.startsWith('GROUP '));
  const heads = lines[at]?.trim().split(/\s+/) ?? [];
  return lines
    .slice(at + 1)
    .map((line) => line.trim().split(/\s+/))
    .map((cells) => Object.fromEntries(heads.map((head, i) => [head, cells[i] ?? ''])));
}

suite("Apache Kafka's ConsumerGroupCommand", { skip: peer.skip }, () => {
  let broker: Broker;
  before(async () => {
    peer.get();
    broker = await startKlamm();
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  async function groups(...args: string[]): Promise<string> {
    const place = ['--bootstrap-server', broker.bootstrap, '--timeout', '20000'];
    const tool = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
    return (await peer.get().run(tool, [...place, ...args], { mayFail: true })).stdout;
  }

  for (const protocol of ['classic', 'consumer'] as const) {
    test(`a ${protocol} group is listed, described, reset, and deleted`, async (t) => {
      const topic = await newTopic(broker.bootstrap, `java-${protocol}`, { partitions: PARTITIONS });
      const group = `${topic}-readers`;
      const producer = kafkaJs(broker.bootstrap).producer();
      await producer.connect();
      const messages = Array.from({ length: RECORDS }, (_, i) => ({
        partition: i % PARTITIONS,
        value: `v${i}`,
      }));
      await producer.send({ topic, messages });
      await producer.disconnect();

      const member = peer
        .get()
        .start('org.apache.kafka.tools.consumer.ConsoleConsumer', [
          ...['--bootstrap-server', broker.bootstrap, '--topic', topic, '--group', group, '--from-beginning'],
          ...['--command-property', `group.protocol=${protocol}`],
          ...['--command-property', 'auto.commit.interval.ms=200'],
        ]);
      t.after(() => member.stop('SIGKILL'));
      for (let i = 0; i < RECORDS; i++) await member.line(new RegExp(`^v${i}$`));

      const [listed] = rowsOf(await groups('--list', '--state', '--type')).filter(
        ({ GROUP }) => GROUP === group,
      );
      assert.deepEqual([listed?.TYPE?.toLowerCase(), listed?.STATE], [protocol, 'Stable']);

      const [state] = rowsOf(await groups('--describe', '--group', group, '--state', '--verbose'));
      assert.equal(state?.STATE, 'Stable');
      assert.equal(state?.['#MEMBERS'], '1');
      const described = await groups('--describe', '--group', group, '--members', '--verbose');
      const [only] = rowsOf(described);
      assert.equal(only?.['#PARTITIONS'], String(PARTITIONS), described);
      assert.match(described, new RegExp(`${topic}\\S*0,1,2|${topic}-0,${topic}-1,${topic}-2`));

      assert.match(
        await groups('--reset-offsets', '--group', group, '--topic', topic, '--to-earliest', '--execute'),
        /inactive/,
        'a group in use keeps its offsets',
      );
      await member.stop('SIGTERM');

      const read = rowsOf(await groups('--describe', '--group', group, '--offsets'));
      assert.deepEqual(
        read.map((row) => [row.PARTITION, row['CURRENT-OFFSET'], row['LOG-END-OFFSET'], row.LAG]).sort(),
        ['0', '1', '2'].map((partition) => [partition, '4', '4', '0']),
      );
      const back = rowsOf(
        await groups('--reset-offsets', '--group', group, '--topic', topic, '--shift-by', '-3', '--execute'),
      );
      assert.deepEqual(
        back.map((row) => row['NEW-OFFSET']),
        ['1', '1', '1'],
      );
      const behind = rowsOf(await groups('--describe', '--group', group, '--offsets'));
      assert.deepEqual(
        behind.map((row) => row.LAG),
        ['3', '3', '3'],
      );

      assert.match(await groups('--delete-offsets', '--group', group, '--topic', topic), /Successful/);
      assert.match(await groups('--delete', '--group', group), /was successful/);
      assert.ok(!(await groups('--list')).split('\n').includes(group));
    });
  }
});
