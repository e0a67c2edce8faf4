// Settings of brokers, topics, groups and client metrics, altered and described on Klamm and on Apache Kafka: the same
// requests give the same error codes, values and sources, and Kafka's own ConfigCommand prints the same of both.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { DescribeConfigs } from '@klamm/protocol/api/32-describe-configs';
import { AlterConfigs } from '@klamm/protocol/api/33-alter-configs';
import { IncrementalAlterConfigs } from '@klamm/protocol/api/44-incremental-alter-configs';
import { ListConfigResources } from '@klamm/protocol/api/74-list-config-resources';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';

const peer = await usePeer(getJava);

const TOPIC = 2;
const BROKER = 4;
const LOGGER = 8;
const METRICS = 16;
const GROUP = 32;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];

type Change = readonly [name: string, operation: number, value: string | null];

/** One request: an alteration, or a description of all settings of a resource or of some. */
type Step =
  | readonly ['alter', type: number, resource: string, changes: readonly Change[]]
  | readonly ['describe', type: number, resource: string, names: readonly string[] | null];

const alter = (type: number, resource: string, ...changes: Change[]): Step => [
  'alter',
  type,
  resource,
  changes,
];
const describe = (type: number, resource: string, ...names: string[]): Step => [
  'describe',
  type,
  resource,
  names.length === 0 ? null : names,
];

const KEYSTORE = 'listener.name.plaintext.ssl.keystore';
const JAAS = 'listener.name.plaintext.plain.sasl.jaas.config';
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_a="b";';

const STEPS: readonly Step[] = [
  describe(TOPIC, 't'),
  describe(BROKER, ''),
  describe(GROUP, 'g'),
  describe(GROUP, ''),
  describe(METRICS, 'm'),
  describe(METRICS, ''),
  describe(BROKER, '7'),
  describe(BROKER, 'x'),
  describe(99, 'x'),
  describe(TOPIC, 'none'),
  describe(TOPIC, 'a/b'),
  describe(TOPIC, ''),
  alter(BROKER, '1', ['num.partitions', SET, '3']),
  alter(BROKER, '', ['log.retention.ms', SET, '7200000']),
  alter(BROKER, '1', ['log.retention.ms', SET, '3600000']),
  alter(BROKER, '', ['log.cleaner.threads', SET, '2']),
  describe(BROKER, '1', 'log.retention.ms', 'log.retention.hours', 'log.cleaner.threads'),
  describe(BROKER, ''),
  describe(TOPIC, 't', 'retention.ms'),
  alter(TOPIC, 't', ['retention.ms', SET, '1000']),
  describe(TOPIC, 't', 'retention.ms', 'max.message.bytes'),
  alter(BROKER, '', ['log.retention.ms', SET, 'soon']),
  alter(BROKER, '', ['ssl.keystore.location', SET, '/x']),
  alter(BROKER, '1', ['ssl.keystore.location', SET, '/x']),
  alter(BROKER, '', [`${KEYSTORE}.location`, SET, '/x']),
  alter(BROKER, '1', [`${KEYSTORE}.location`, SET, '/x'], [`${KEYSTORE}.password`, SET, 'secret']),
  describe(BROKER, '1', `${KEYSTORE}.location`, `${KEYSTORE}.password`, 'ssl.keystore.password'),
  alter(BROKER, '1', [`${KEYSTORE}.location`, DELETE, null], [`${KEYSTORE}.password`, DELETE, null]),
  alter(BROKER, '1', [JAAS, SET, PLAIN]),
  describe(BROKER, '1', JAAS, 'sasl.jaas.config'),
  alter(BROKER, '1', [JAAS, DELETE, null]),
  alter(BROKER, '', ['max.connections', SET, '1000']),
  alter(BROKER, '', ['listener.name.plaintext.max.connections', SET, '1000']),
  describe(BROKER, '1', 'max.connections', 'listener.name.plaintext.max.connections'),
  alter(BROKER, '', ['log.cleanup.policy', APPEND, 'compact']),
  describe(BROKER, ''),
  alter(BROKER, '', ['log.cleanup.policy', SUBTRACT, 'delete']),
  describe(TOPIC, 't', 'cleanup.policy'),
  alter(BROKER, '', ['log.cleanup.policy', DELETE, null]),
  alter(BROKER, '', ['message.max.bytes', APPEND, '3']),
  alter(BROKER, '', ['message.max.bytes', 9, '3']),
  alter(BROKER, '', ['message.max.bytes', SET, null]),
  alter(BROKER, '', ['message.max.bytes', SET, '5'], ['message.max.bytes', SET, '6']),
  alter(BROKER, '9', ['message.max.bytes', SET, '5']),
  alter(BROKER, 'x', ['message.max.bytes', SET, '5']),
  alter(BROKER, '', ['leader.replication.throttled.rate', SET, '5000']),
  describe(BROKER, ''),
  alter(BROKER, '1', ['log.dirs', SET, '/x']),
  alter(BROKER, '1', ['log.retention.minutes', SET, '5']),
  alter(BROKER, '', ['min.insync.replicas', DELETE, null]),
  alter(BROKER, '1', ['min.insync.replicas', SET, '1']),
  alter(TOPIC, 't', ['no.such', SET, '1']),
  alter(TOPIC, 't', ['retention.ms', SET, 'soon']),
  alter(TOPIC, 't', ['retention.ms', SET, null]),
  alter(TOPIC, '', ['retention.ms', SET, '1']),
  alter(TOPIC, 'none', ['retention.ms', SET, '1']),
  alter(TOPIC, 'a/b', ['retention.ms', SET, '1']),
  alter(TOPIC, 't', ['retention.ms', APPEND, '1']),
  alter(TOPIC, 't', ['cleanup.policy', APPEND, 'burn']),
  alter(TOPIC, 't', ['min.compaction.lag.ms', SET, '10'], ['max.compaction.lag.ms', SET, '5']),
  alter(TOPIC, 't', ['unclean.leader.election.enable', SET, 'maybe']),
  alter(GROUP, 'g', ['consumer.session.timeout.ms', SET, '50000']),
  describe(GROUP, 'g'),
  alter(GROUP, 'g', ['consumer.session.timeout.ms', SET, '100']),
  alter(GROUP, 'g', ['consumer.heartbeat.interval.ms', SET, '15001']),
  alter(GROUP, 'g', ['consumer.assignment.interval.ms', SET, '20000']),
  alter(GROUP, 'g', ['no.such', SET, '1']),
  alter(GROUP, 'g', ['share.auto.offset.reset', SET, 'never']),
  alter(GROUP, 'g', ['share.auto.offset.reset', SET, 'by_duration:PT1H']),
  alter(GROUP, 'g', ['share.record.lock.duration.ms', SET, '1000000']),
  alter(GROUP, '', ['consumer.session.timeout.ms', SET, '50000']),
  alter(METRICS, 'm', ['interval.ms', SET, '50']),
  alter(METRICS, 'm', ['interval.ms', SET, '5000'], ['metrics', SET, '*'], ['match', SET, 'client_id=a.*']),
  alter(METRICS, 'm', ['match', SET, 'colour=a']),
  alter(METRICS, 'm', ['nosuch', SET, 'x']),
  alter(METRICS, '', ['interval.ms', SET, '5000']),
  describe(METRICS, 'm'),
  alter(99, 'm', ['interval.ms', SET, '5000']),
  alter(LOGGER, '1', ['kafka.server', SET, 'DEBUG']),
];

/** Settings that every broker has, with what may not differ between two. */
const SAME_ON_BOTH = (name: string): boolean => !/^(listeners|advertised\.listeners|log\.dirs)$/.test(name);

interface Outcome {
  readonly step: Step;
  readonly answer: unknown;
}

/** A connection that waits until a change is seen: Apache Kafka's broker hears of it from its controller. */
class Session {
  readonly #client: RawClient;

  private constructor(client: RawClient) {
    this.#client = client;
  }

  static async open(broker: Broker): Promise<Session> {
    return new Session(await RawClient.open('127.0.0.1', Number(broker.bootstrap.split(':')[1])));
  }

  close(): void {
    this.#client.close();
  }

  async createTopic(name: string): Promise<void> {
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    await this.#client.request(CreateTopics, 7, { topics: [topic], timeoutMs: 5000, validateOnly: false });
    while ((await this.#describe(TOPIC, name, [])).errorCode !== 0);
  }

  async run(step: Step): Promise<Outcome> {
    const [kind, type, resource] = step;
    if (kind === 'alter') return { step, answer: await this.#alter(type, resource, step[3]) };
    const { errorCode, configs } = await this.#describe(type, resource, step[3]);
    const told = configs
      .filter(({ name }) => SAME_ON_BOTH(name))
      .map(({ documentation, ...config }) => config)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return { step, answer: { errorCode, told } };
  }

  async list(version: number, resourceTypes: readonly number[]): Promise<unknown> {
    const answer = await this.#client.request(ListConfigResources, version, { resourceTypes });
    const names = answer.configResources.map((of) => `${of.resourceType}:${of.resourceName}`).sort();
    return [answer.errorCode, names];
  }

  async replace(type: number, resource: string, configs: readonly [string, string | null][]) {
    const { responses } = await this.#client.request(AlterConfigs, 2, {
      resources: [
        {
          resourceType: type,
          resourceName: resource,
          configs: configs.map(([name, value]) => ({ name, value })),
        },
      ],
      validateOnly: false,
    });
    return responses[0]?.errorCode;
  }

  async #alter(type: number, resource: string, changes: readonly Change[]): Promise<number | undefined> {
    const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }));
    const { responses } = await this.#client.request(IncrementalAlterConfigs, 1, {
      resources: [{ resourceType: type, resourceName: resource, configs }],
    });
    const errorCode = responses[0]?.errorCode;
    if (errorCode === 0) await this.#seen(type, resource, changes);
    return errorCode;
  }

  async #seen(type: number, resource: string, changes: readonly Change[]): Promise<void> {
    const own = { [TOPIC]: 1, [BROKER]: resource === '' ? 3 : 2, [METRICS]: 7, [GROUP]: 8 }[type];
    const names = changes.map(([name]) => name);
    for (;;) {
      const { configs } = await this.#describe(type, resource, names);
      const isSeen = changes.every(([name, operation, value]) => {
        const found = configs.find((config) => config.name === name);
        if (found === undefined || found.configSource !== own) return operation === DELETE;
        if (operation === DELETE || found.isSensitive) return operation !== DELETE;
        if (operation === SET) return found.value === value;
        return (found.value ?? '').split(',').includes(value ?? '') === (operation === APPEND);
      });
      if (isSeen) return;
    }
  }

  async #describe(type: number, resource: string, names: readonly string[] | null) {
    const { results } = await this.#client.request(DescribeConfigs, 4, {
      resources: [{ resourceType: type, resourceName: resource, configurationKeys: names && [...names] }],
      includeSynonyms: true,
    });
    const [result] = results;
    assert.ok(result);
    return result;
  }
}

suite('settings, beside Apache Kafka', { skip: peer.skip }, () => {
  let brokers: readonly Broker[] = [];
  let sessions: readonly Session[] = [];
  before(async () => {
    brokers = [await startKlamm(), await startApacheKafka(peer.get())];
    sessions = await Promise.all(brokers.map((broker) => Session.open(broker)));
  });
  after(async () => {
    for (const session of sessions) session.close();
    for (const broker of brokers) await broker[Symbol.asyncDispose]();
  });

  /** What both answer, to be compared. */
  async function both<T>(ask: (session: Session) => Promise<T>): Promise<[T, T]> {
    const [klamm, kafka] = sessions;
    assert.ok(klamm !== undefined && kafka !== undefined);
    return [await ask(klamm), await ask(kafka)];
  }

  test('the same alterations have the same outcome, and the same is described', async () => {
    await both((session) => session.createTopic('t'));
    for (const step of STEPS) {
      const [klamm, kafka] = await both((session) => session.run(step));
      assert.deepEqual(klamm, kafka);
    }
    for (const types of [[], [GROUP], [METRICS], [BROKER], [TOPIC], [LOGGER], [77]]) {
      const [klamm, kafka] = await both((session) => session.list(1, types));
      assert.deepEqual(klamm, kafka, `listing of ${types}`);
    }
    const [klamm, kafka] = await both((session) => session.list(0, []));
    assert.deepEqual(klamm, kafka);
  });

  test('AlterConfigs, which replaces all settings of a resource, has the same outcome', async () => {
    const requests: [number, string, [string, string | null][]][] = [
      [BROKER, '', [['message.max.bytes', '2000000']]],
      [BROKER, '', [['num.partitions', '2']]],
      [BROKER, '', [['message.max.bytes', null]]],
      [BROKER, '', []],
      [BROKER, '1', []],
      [GROUP, 'g', []],
      [METRICS, 'm', []],
    ];
    for (const request of requests) {
      const [klamm, kafka] = await both((session) => session.replace(...request));
      assert.equal(klamm, kafka, `${request}`);
    }
  });

  test("Kafka's ConfigCommand alters, describes and refuses alike", async () => {
    const commands = [
      '--alter --entity-type brokers --entity-default --add-config log.roll.ms=7200000,log.cleaner.backoff.ms=20000',
      '--alter --entity-type brokers --entity-name 1 --add-config log.roll.ms=3600000',
      '--describe --entity-type brokers --entity-name 1',
      '--describe --entity-type brokers --entity-default',
      '--alter --entity-type brokers --entity-name 1 --add-config num.partitions=3',
      '--alter --entity-type groups --entity-name h --add-config consumer.session.timeout.ms=50000',
      '--describe --entity-type groups --entity-name h',
      '--alter --entity-type brokers --entity-name 1 --delete-config log.roll.ms',
    ];
    for (const command of commands) {
      const printed = [];
      for (const { bootstrap } of brokers) {
        const args = ['--bootstrap-server', bootstrap, ...command.split(' ')];
        const { code, stdout } = await peer.get().run('kafka.admin.ConfigCommand', args, { mayFail: true });
        printed.push({ code, stdout });
      }
      assert.deepEqual(printed[0], printed[1], command);
    }
  });
});
