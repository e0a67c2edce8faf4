// Apache Kafka's own Java tools against the broker. Each start of a tool costs a second of CPU, so a test covers
// several behaviours where they build on each other.
//
// A tool that is surprised warns on standard error; `tool` asserts that it stayed silent.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import type { ProgramOptions } from '../peers/program.ts';
import { newTopic, topicName } from '../peers/topics.ts';

const peer = await usePeer(getJava);
const TOOLS = 'org.apache.kafka.tools';

suite("Apache Kafka's tools", { skip: peer.skip }, () => {
  let broker: Broker;
  before(async () => {
    peer.get();
    broker = await startKlamm();
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  /** Runs a tool and returns its non-empty lines. */
  async function tool(
    mainClass: string,
    args: readonly string[],
    options?: ProgramOptions,
  ): Promise<string[]> {
    const { stdout, stderr } = await peer
      .get()
      .run(mainClass, ['--bootstrap-server', broker.bootstrap, ...args], options);
    assert.doesNotMatch(stderr, /\b(WARN|ERROR|Exception)\b/);
    return stdout.split('\n').filter((line) => line !== '');
  }

  const topics = (...args: string[]): Promise<string[]> => tool(`${TOOLS}.TopicCommand`, args);

  test('TopicCommand creates, lists, describes, alters and deletes a topic', async () => {
    const topic = topicName('java-topic');
    const shape = ['--partitions', '2', '--replication-factor', '1', '--config', 'retention.ms=100000'];
    assert.deepEqual(await topics('--create', '--topic', topic, ...shape), [`Created topic ${topic}.`]);
    await topics('--alter', '--topic', topic, '--partitions', '4');
    const [summary, ...partitions] = await topics('--describe', '--topic', topic);
    assert.match(summary ?? '', /TopicId: [\w-]{22}\tPartitionCount: 4\tReplicationFactor: 1\t/);
    assert.match(summary ?? '', /Configs: \S*retention\.ms=100000/);
    assert.equal(partitions.length, 4);
    for (const partition of partitions) assert.match(partition, /Leader: (\d+)\tReplicas: \1\tIsr: \1\t/);
    assert.ok((await topics('--list')).includes(topic));
    await topics('--delete', '--topic', topic);
    assert.ok(!(await topics('--list')).includes(topic));
  });

  test('TopicCommand is told why a topic cannot be made', async () => {
    const refusal = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await peer
        .get()
        .run(`${TOOLS}.TopicCommand`, ['--bootstrap-server', broker.bootstrap, '--create', ...args], {
          mayFail: true,
        });
      assert.equal(code, 1);
      return stdout + stderr;
    };
    const topic = await newTopic(broker.bootstrap, 'java-twice');
    assert.match(await refusal('--topic', topic), new RegExp(`Topic '${topic}' already exists`));
    assert.match(
      await refusal('--topic', topicName('java-replicas'), '--replication-factor', '3'),
      /InvalidReplicationFactorException|replication.factor/i,
    );
    assert.match(
      await refusal('--topic', topicName('java-config'), '--config', 'retention.ms=soon'),
      /Invalid value soon for configuration retention\.ms/,
    );
  });

  test('ConsoleProducer sends keys, headers and nulls with zstd; ConsoleConsumer reads them from a partition', async () => {
    const topic = await newTopic(broker.bootstrap, 'java-console', { partitions: 2 });
    const reader = ['parse.key=true', 'parse.headers=true', 'null.marker=NULL'];
    await tool(
      `${TOOLS}.ConsoleProducer`,
      [
        '--topic',
        topic,
        '--compression-codec',
        'zstd',
        ...reader.flatMap((property) => ['--reader-property', property]),
      ],
      { stdin: 'a:1\tsame\tfirst\nNULL\tsame\tsecond\na:2,b:3\tsame\tNULL\n' },
    );
    const ends = await tool(`${TOOLS}.GetOffsetShell`, ['--topic', topic, '--time', 'latest']);
    const [, partition] = ends.find((end) => end.endsWith(':3'))?.split(':') ?? [];
    assert.ok(partition, `no partition has all three records: ${ends}`);

    const printed = ['print.key=true', 'print.headers=true', 'print.offset=true', 'print.partition=true'];
    const consume = (...start: string[]): Promise<string[]> =>
      peer
        .get()
        .run(`${TOOLS}.consumer.ConsoleConsumer`, [
          '--bootstrap-server',
          broker.bootstrap,
          '--topic',
          topic,
          '--partition',
          partition,
          ...start,
          ...printed.flatMap((property) => ['--formatter-property', property]),
        ])
        .then(({ stdout }) => stdout.split('\n').filter((line) => line !== ''));
    const at = `Partition:${partition}\tOffset:`;
    const all = [
      `${at}0\ta:1\tsame\tfirst`,
      `${at}1\tNO_HEADERS\tsame\tsecond`,
      `${at}2\ta:2,b:3\tsame\tnull`,
    ];
    assert.deepEqual(await consume('--offset', 'earliest', '--max-messages', '3'), all);
    assert.deepEqual(await consume('--offset', '2', '--max-messages', '1'), all.slice(2));
  });

  test('ProducerPerformance sends with lz4; GetOffsetShell and DeleteRecordsCommand see and move the offsets', async () => {
    const topic = await newTopic(broker.bootstrap, 'java-performance');
    const performance = await tool(`${TOOLS}.ProducerPerformance`, [
      ...['--topic', topic, '--num-records', '20000', '--record-size', '100', '--throughput', '-1'],
      ...['--command-property', 'compression.type=lz4'],
    ]);
    assert.match(performance.at(-1) ?? '', /^20000 records sent, /);

    const offsets = (time: string): Promise<string[]> =>
      tool(`${TOOLS}.GetOffsetShell`, ['--topic', topic, '--time', time]);
    assert.deepEqual(await offsets('latest'), [`${topic}:0:20000`]);
    const [largest] = await offsets('max-timestamp');
    const offset = Number(largest?.split(':').at(-1));
    assert.ok(offset >= 0 && offset < 20_000, `no offset has the largest timestamp: ${largest}`);

    const folder = mkdtempSync(join(tmpdir(), 'klamm-delete-records-'));
    try {
      const file = join(folder, 'offsets.json');
      writeFileSync(
        file,
        JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 12_345 }] }),
      );
      const deleted = await tool(`${TOOLS}.DeleteRecordsCommand`, ['--offset-json-file', file]);
      assert.equal(deleted.at(-1), `partition: ${topic}-0\tlow_watermark: 12345`);
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.deepEqual(await offsets('earliest'), [`${topic}:0:12345`]);
  });

  test('ConfigCommand alters the settings of a topic, describes them and takes them back', async () => {
    const topic = await newTopic(broker.bootstrap, 'java-config');
    const configs = (...args: string[]): Promise<string[]> =>
      tool('kafka.admin.ConfigCommand', ['--entity-type', 'topics', '--entity-name', topic, ...args]);
    await configs('--alter', '--add-config', 'retention.ms=60000,cleanup.policy=[compact,delete]');
    const described = await configs('--describe');
    assert.equal(described[0], `Dynamic configs for topic ${topic} are:`);
    assert.deepEqual(
      described
        .slice(1)
        .map((line) => line.trim().split(' ')[0])
        .sort(),
      ['cleanup.policy=compact,delete', 'retention.ms=60000'],
    );
    await configs('--alter', '--delete-config', 'retention.ms');
    const all = await configs('--describe', '--all');
    assert.ok(
      all.some((line) => line.trim().startsWith('retention.ms=604800000 sensitive=false')),
      all.join('\n'),
    );
  });

  test('BrokerApiVersionsCommand finds a usable version of every request it knows in what the broker offers', async () => {
    const [first, ...apis] = await tool(`${TOOLS}.BrokerApiVersionsCommand`, []);
    assert.match(first ?? '', new RegExp(`^${broker.bootstrap} \\(id: \\d+ rack: null isFenced: false\\)`));
    const offered = apis.filter((line) => line.includes('[usable: '));
    assert.ok(offered.length > 0);
    for (const name of ['Produce', 'Fetch', 'ListOffsets', 'Metadata', 'ApiVersions', 'CreateTopics']) {
      assert.ok(
        offered.some((line) => line.trim().startsWith(`${name}(`)),
        `${name} is not offered`,
      );
    }
    assert.deepEqual(
      apis.filter((line) => line.includes('unusable')),
      [],
    );
  });

  test('VerifiableProducer, idempotent and with every replica waited for, loses nothing', async () => {
    const topic = await newTopic(broker.bootstrap, 'java-verifiable');
    const printed = await tool(`${TOOLS}.VerifiableProducer`, [
      ...['--topic', topic, '--max-messages', '3000', '--acks', '-1'],
    ]);
    const events: { name: string; offset?: number; sent?: number; acked?: number }[] = printed
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    const offsets = events
      .filter((event) => event.name === 'producer_send_success')
      .map((event) => event.offset);
    assert.deepEqual(
      offsets,
      Array.from({ length: 3_000 }, (_, i) => i),
    );
  });
});
