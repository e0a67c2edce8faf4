// A data directory of Klamm, with everything in it that ten histories drawn by chance leave, is handed over to Apache Kafka:
// what clients and Java's own tools see is what they saw before. Apache Kafka goes on with it, and Klamm opens what it
// closed. The seed is printed; KLAMM_SEED repeats it.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { seededRandom } from '@klamm/base/random';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { Kafka } from '@klamm/client/client';
import { Produce } from '@klamm/protocol/api/00-produce';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { errorName } from '@klamm/protocol/error-codes';
import { BatchBuilder } from '@klamm/protocol/records/builder';
import { getJava, type Java } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import { runProgram } from '../peers/program.ts';
import { type Contents, contentsOf, countsOf } from './hand-over/contents.ts';
import { History } from './hand-over/history.ts';
import { HandOverPlace, SECURED } from './hand-over/place.ts';
import { until } from './hand-over/until.ts';
import { type RawProducer, RawTransactions } from './raw-transactions.ts';

const ARCHIVE = fileURLToPath(new URL('apache-kafka-4.3.1.tar.gz', import.meta.url));
const HISTORIES = 10;
const seed = Number(process.env.KLAMM_SEED ?? Date.now() % 1_000_000);

const java = await usePeer(getJava);

/** What Java's own tools print, each in lines whose order means nothing. */
async function toolsOf(tools: Java, place: HandOverPlace): Promise<Record<string, string[]>> {
  const at = ['--bootstrap-server', place.bootstrap, '--command-config', place.adminProperties];
  const runs: readonly (readonly [string, readonly string[]])[] = [
    ['org.apache.kafka.tools.TopicCommand', ['--describe']],
    [
      'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
      ['--describe', '--all-groups', '--offsets'],
    ],
    ['org.apache.kafka.tools.AclCommand', ['--list']],
    ['kafka.admin.ConfigCommand', ['--describe', '--entity-type', 'users']],
    ['kafka.admin.ConfigCommand', ['--describe', '--entity-type', 'groups']],
    ['kafka.admin.ConfigCommand', ['--describe', '--entity-type', 'client-metrics']],
    ['kafka.admin.ConfigCommand', ['--describe', '--entity-type', 'brokers', '--entity-default']],
    ['org.apache.kafka.tools.TransactionsCommand', ['list']],
    ['org.apache.kafka.tools.FeatureCommand', ['describe']],
  ];
  const found: Record<string, string[]> = {};
  // Two at a time, for machines with two cores.
  for (let i = 0; i < runs.length; i += 2) {
    await Promise.all(
      runs.slice(i, i + 2).map(async ([tool, args]) => {
        const { stdout } = await tools.run(tool, [...at, ...args]);
        // Where the metadata log ends goes by the name of an epoch.
        found[`${tool} ${args.join(' ')}`] = stdout
          .replace(/Epoch: \d+/g, '')
          .split('\n')
          // Settings in a line are in the order of a hash table.
          .map((line) =>
            line
              .split(/[\s,;]+/)
              .sort()
              .join(' ')
              .trim(),
          )
          .filter((line) => line !== '')
          .sort();
      }),
    );
  }
  return found;
}

/** Whatever is not the same, each shortly: all of it whole would be too much to read. */
function assertSame(found: Contents, expected: Contents, when: string): void {
  const short = (value: unknown): string => JSON.stringify(value ?? null).slice(0, 1000);
  const differences = [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    .filter((what) => !isDeepStrictEqual(found[what], expected[what]))
    .map((what) => `${what}\n  is     ${short(found[what])}\n  not    ${short(expected[what])}`);
  assert.equal(differences.length, 0, `${when}, ${differences.length} differ:\n${differences.join('\n')}`);
}

/** An idempotent producer of batches with one record, which knows where its sequence is. */
class Sequenced implements Disposable {
  readonly #client: RawClient;
  readonly #topic: string;
  readonly #id: { readonly producerId: number; readonly producerEpoch: number };
  sequence = 0;

  private constructor(client: RawClient, topic: string, id: { producerId: number; producerEpoch: number }) {
    this.#client = client;
    this.#topic = topic;
    this.#id = id;
  }

  static async open(bootstrap: string, topic: string, earlier?: Sequenced): Promise<Sequenced> {
    const [host = '', port] = bootstrap.split(':');
    const client = await RawClient.open(host, Number(port));
    if (earlier === undefined) {
      const body = { transactionalId: null, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 };
      const { errorCode, producerId, producerEpoch } = await client.request(InitProducerId, 4, body);
      assert.equal(errorName(errorCode), 'NONE');
      return new Sequenced(client, topic, { producerId, producerEpoch });
    }
    const next = new Sequenced(client, topic, earlier.#id);
    next.sequence = earlier.sequence;
    return next;
  }

  /** Sends the record with that number in the sequence; resolves with the error's name and the offset. */
  async send(baseSequence: number): Promise<[error: string, offset: number]> {
    const builder = new BatchBuilder();
    builder.append(null, `number ${baseSequence}`, [], Date.now());
    const records = builder.build({ ...this.#id, baseSequence });
    const { responses } = await this.#client.request(Produce, 11, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: this.#topic, partitionData: [{ index: 0, records }] }],
    });
    const [result] = responses[0]?.partitionResponses ?? [];
    return [errorName(result?.errorCode ?? -1), result?.baseOffset ?? -1];
  }

  async sendNext(): Promise<number> {
    const [error, offset] = await this.send(this.sequence);
    assert.equal(error, 'NONE');
    this.sequence++;
    return offset;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** Nobody logs in there: what it may do is what these let it. */
async function letAnonymousIn(kafka: Kafka): Promise<void> {
  await using admin = kafka.admin();
  await admin.createAcls(
    (['topic', 'group', 'transactionalId'] as const).map((resourceType) => ({
      resourceType,
      resourceName: 'raw-',
      patternType: 'prefixed',
      principal: 'User:ANONYMOUS',
      host: '*',
      operation: 'all',
      permission: 'allow',
    })),
  );
}

/** A user with a password in the directory, who may know of one topic. */
async function letCarolIn(kafka: Kafka): Promise<void> {
  await using admin = kafka.admin();
  await admin.setUserPasswords([{ name: 'carol', password: 'of carol', mechanism: 'SCRAM-SHA-512' }]);
  await admin.createAcls([
    {
      resourceType: 'topic',
      resourceName: 'raw-left',
      patternType: 'literal',
      principal: 'User:carol',
      host: '*',
      operation: 'describe',
      permission: 'allow',
    },
  ]);
}

async function topicsCarolSees({ bootstrap }: HandOverPlace): Promise<string[]> {
  const sasl = { mechanism: 'scram-sha-512', username: 'carol', password: 'of carol' } as const;
  await using admin = new Kafka({ brokers: bootstrap, sasl }).admin();
  return (await admin.listTopics()).map(({ name }) => name);
}

async function valuesOf(kafka: Kafka, topic: string, readCommitted: boolean): Promise<string[]> {
  const values: string[] = [];
  for await (const { value } of kafka.consume({ topic, from: 'earliest', toEnd: true, readCommitted }))
    values.push(`${value}`);
  return values;
}

test('a directory with everything in it goes to Apache Kafka, is written to there, and comes back', {
  skip: java.skip,
  timeout: 300_000,
}, async (t) => {
  t.diagnostic(`KLAMM_SEED=${seed}`);
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'klamm-hand-over-'));
  try {
    const place = await HandOverPlace.make(folder, SECURED);
    const { open } = place;
    const kafka = place.kafka();
    let numbers: Sequenced;
    let lastOffset: number;
    const left: RawProducer[] = [];
    let before: Contents;
    let toolsBefore: Record<string, string[]>;

    // Klamm: histories, and what goes on afterwards.
    {
      await using klamm = await place.startKlamm();
      await letAnonymousIn(kafka);
      await letCarolIn(kafka);
      {
        await using admin = kafka.admin();
        using raw = await RawTransactions.open(open, admin);
        for (let i = 0; i < HISTORIES; i++) await new History(`h${i}`, { kafka, admin, raw, random }).run();
        await admin.createTopic({ name: 'raw-numbers' });
        await admin.createTopic({ name: 'raw-left', configs: { 'retention.ms': '-1' } });
        for (const transactionalId of ['raw-to-commit', 'raw-to-abort', 'raw-to-return']) {
          const producer = await raw.producer(transactionalId);
          await raw.add(producer, { topic: 'raw-left', partition: 0 });
          await raw.write(producer, { topic: 'raw-left', partition: 0 }, transactionalId);
          left.push(producer);
        }
        numbers = await Sequenced.open(open, 'raw-numbers');
        for (let i = 0; i < 7; i++) await numbers.sendNext();
        lastOffset = await numbers.sendNext();
        numbers[Symbol.dispose]();
      }
      before = await contentsOf(kafka);
      toolsBefore = await toolsOf(java.get(), place);

      const refused = await place.handOver();
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /cannot be handed over\. Klamm runs on it, as process \d+/);
      assert.ok(!existsSync(place.handedOver));
      // Half of the seeds leave a directory that has to be checked first.
      await klamm.stop(seed % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
    }
    const { code, stdout, stderr } = await place.handOver();
    assert.equal(code, 0, stderr + stdout);
    if (seed % 2 === 0)
      assert.match(stderr, /was not closed in order: its logs are checked, and it is closed/);
    assert.equal(statSync(place.handedOver).mode & 0o777, 0o600);

    // Apache Kafka: all is there, and it goes on.
    let afterwards: Contents;
    {
      await using server = await place.startKafka(java.get());
      assertSame(await contentsOf(kafka, countsOf(before)), before, 'on Apache Kafka');
      assertSame(await toolsOf(java.get(), place), toolsBefore, "by Java's tools");
      assert.deepEqual(await topicsCarolSees(place), ['raw-left']);
      // It cannot be told from one that was killed, and neither is Klamm's to open.
      assert.match((await place.check()).stderr, /Apache Kafka runs on it, or was killed/);
      const intruder = await place.klamm('start', '-d', place.directory, '--port', '0');
      assert.equal(intruder.code, 1);
      assert.match(intruder.stderr, /Apache Kafka did not close the data directory/);

      {
        using again = await Sequenced.open(open, 'raw-numbers', numbers);
        assert.deepEqual(await again.send(7), ['NONE', lastOffset], 'known as sent before');
        assert.equal((await again.send(9))[0], 'OUT_OF_ORDER_SEQUENCE_NUMBER');
        lastOffset = await again.sendNext();
        numbers = again;
      }
      await using admin = kafka.admin();
      using raw = await RawTransactions.open(open, admin);
      const [toCommit, toAbort] = left;
      assert.ok(toCommit && toAbort);
      assert.deepEqual(await valuesOf(kafka, 'raw-left', true), []);
      assert.equal(await raw.end(toCommit, true), 'NONE');
      assert.equal(await raw.end(toAbort, false), 'NONE');
      await until(
        () => admin.listOffsets('raw-left', 'latest', { readCommitted: true }),
        (ends) => (ends.get(0) ?? 0) > 0,
      );
      assert.deepEqual(await valuesOf(kafka, 'raw-left', true), ['raw-to-commit']);
      const later = new History('later', { kafka, admin, raw, random });
      await later.run();
      // Aborted and committed transactions are told as such a moment after they are answered.
      afterwards = await contentsOf(kafka, countsOf(before));
      await server.stop();
    }

    // Klamm again.
    await using klamm = await place.startKlamm();
    assertSame(await contentsOf(kafka, countsOf(afterwards)), afterwards, 'on Klamm again');
    assert.deepEqual(await topicsCarolSees(place), ['raw-left']);
    using again = await Sequenced.open(open, 'raw-numbers', numbers);
    assert.deepEqual(await again.send(8), ['NONE', lastOffset], 'known as sent to Apache Kafka');
    await again.sendNext();
    await using admin = kafka.admin();
    using raw = await RawTransactions.open(open, admin);
    assert.equal(await raw.end(left[2] as RawProducer, true), 'NONE');
    assert.deepEqual(await valuesOf(kafka, 'raw-left', true), ['raw-to-commit', 'raw-to-return']);
    await klamm.stop();
    assert.match((await place.check()).stderr, /In order: Klamm can start on it, and so can Apache Kafka/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the sample directory of Apache Kafka is handed over to it again by Klamm, with and without a start in between', {
  skip: java.skip,
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-hand-over-sample-'));
  try {
    await runProgram('tar', ['xzf', ARCHIVE, '-C', folder, '--transform', 's/^data-dir/data/']);
    const place = await HandOverPlace.make(folder, {
      ...SECURED,
      'offsets.retention.minutes': '20000000',
      'producer.id.expiration.ms': '2147483647',
      'transactional.id.expiration.ms': '2147483647',
      'log.retention.check.interval.ms': '1000000000',
    });
    const kafka = place.kafka();
    const contents = (expected?: Contents) => contentsOf(kafka, expected && countsOf(expected));
    assert.equal((await place.handOver()).code, 0);
    let before: Contents;
    {
      await using klamm = await place.startKlamm();
      before = await contents();
      await klamm.stop();
    }
    assert.equal((await place.handOver()).code, 0);
    {
      await using server = await place.startKafka(java.get());
      assertSame(await contents(before), before, 'on Apache Kafka');
      await server.stop();
    }
    await using klamm = await place.startKlamm();
    assertSame(await contents(before), before, 'on Klamm again');
    await klamm.stop();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a directory that was formatted with a user and a quorum that can grow begins with Klamm, goes to Apache Kafka, and is opened after a kill', {
  skip: java.skip,
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-hand-over-formatted-'));
  try {
    const place = await HandOverPlace.make(folder, SECURED);
    const { run } = java.get();
    const controller = `127.0.0.1:${place.port + 2}`;
    const format = join(folder, 'format.properties');
    const lines = {
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.bootstrap.servers': controller,
      'controller.listener.names': 'CONTROLLER',
      listeners: `PLAINTEXT://${place.open},CONTROLLER://${controller}`,
      'log.dirs': place.directory,
    };
    writeFileSync(
      format,
      Object.entries(lines)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    const user = ['--add-scram', 'SCRAM-SHA-512=[name=carol,password=of carol]'];
    const id = 'cGjMsrQySIWeZFvhKmfFwQ';
    const older = ['--feature', 'share.version=0'];
    await run('kafka.tools.StorageTool', [
      'format',
      '-t',
      id,
      '-c',
      format,
      '--standalone',
      ...user,
      ...older,
    ]);
    const kafka = place.kafka();
    let before: Contents;
    {
      await using klamm = await place.startKlamm();
      await letCarolIn(kafka);
      await using admin = kafka.admin();
      await admin.createTopic('raw-left');
      assert.deepEqual(await topicsCarolSees(place), ['raw-left']);
      before = await contentsOf(kafka);
      await klamm.stop();
    }
    const { stdout } = await place.check();
    assert.match(stdout, /kraft\.version=1/);
    assert.doesNotMatch(stdout, /share\.version/);
    assert.match((await place.handOver()).stderr, /is handed over: 1 topics/);
    assert.match(readFileSync(place.handedOver, 'utf8'), /^controller\.quorum\.bootstrap\.servers=/m);
    let afterwards: Contents;
    {
      await using server = await place.startKafka(java.get());
      assertSame(await contentsOf(kafka), before, 'on Apache Kafka');
      assert.deepEqual(await topicsCarolSees(place), ['raw-left']);
      await using admin = kafka.admin();
      using raw = await RawTransactions.open(place.open, admin);
      await letAnonymousIn(kafka);
      await new History('killed', { kafka, admin, raw, random: seededRandom(seed), trims: false }).run();
      afterwards = await contentsOf(kafka);
      await server.stop('SIGKILL');
    }
    assert.match((await place.check()).stderr, /Apache Kafka runs on it, or was killed/);
    // As the user says that it is gone.
    rmSync(join(place.directory, '.lock'));
    await using klamm = await place.startKlamm();
    assertSame(await contentsOf(kafka, countsOf(afterwards)), afterwards, 'on Klamm after a kill');
    await klamm.stop();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
