import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Produce } from '@klamm/protocol/api/00-produce';
import { DescribeConfigs } from '@klamm/protocol/api/32-describe-configs';
import { AlterConfigs } from '@klamm/protocol/api/33-alter-configs';
import { IncrementalAlterConfigs } from '@klamm/protocol/api/44-incremental-alter-configs';
import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { ListConfigResources } from '@klamm/protocol/api/74-list-config-resources';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { type BrokerOptions, startBroker } from '../broker.ts';
import { memoryDisk } from '../storage/disk-memory.ts';
import { batchOf } from '../testing/batches.ts';
import { RawClient } from '../testing/raw-client.ts';

const TOPIC = 2;
const BROKER = 4;
const GROUP = 32;

interface Session extends AsyncDisposable {
  readonly client: RawClient;
  alter(resourceType: number, resourceName: string, name: string, value: string | null): Promise<number>;
  /** The value in force and where it comes from. */
  read(resourceType: number, resourceName: string, name: string): Promise<[string | null, number]>;
}

async function start(
  config: Record<string, string | number> = {},
  options: BrokerOptions = {},
): Promise<Session> {
  const broker = await startBroker({ port: 0, config, ...options });
  await broker.createTopic('t');
  const client = await RawClient.open('127.0.0.1', broker.port);
  return {
    client,
    async alter(resourceType, resourceName, name, value) {
      const configs = [{ name, configOperation: value === null ? 1 : 0, value }];
      const { responses } = await client.request(IncrementalAlterConfigs, 1, {
        resources: [{ resourceType, resourceName, configs }],
      });
      return responses[0]?.errorCode ?? -1;
    },
    async read(resourceType, resourceName, name) {
      const { results } = await client.request(DescribeConfigs, 4, {
        resources: [{ resourceType, resourceName, configurationKeys: [name] }],
      });
      const [found] = results[0]?.configs ?? [];
      assert.ok(found, `${name} is told`);
      return [found.value, found.configSource];
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await broker.close();
    },
  };
}

test('a topic setting: its own value before that of this broker, of all brokers, of the file, and the default', async () => {
  await using session = await start({ 'log.retention.ms': 1000 });
  const inForce = () => session.read(TOPIC, 't', 'retention.ms');
  assert.deepEqual(await inForce(), ['1000', 4]);
  assert.equal(await session.alter(BROKER, '', 'log.retention.ms', '2000'), 0);
  assert.deepEqual(await inForce(), ['2000', 3]);
  assert.equal(await session.alter(BROKER, '1', 'log.retention.ms', '3000'), 0);
  assert.deepEqual(await inForce(), ['3000', 2]);
  assert.equal(await session.alter(TOPIC, 't', 'retention.ms', '4000'), 0);
  assert.deepEqual(await inForce(), ['4000', 1]);
  assert.equal(await session.alter(TOPIC, 't', 'retention.ms', null), 0);
  assert.deepEqual(await inForce(), ['3000', 2]);
  assert.deepEqual(await session.read(TOPIC, 't', 'segment.bytes'), ['1073741824', 5]);
});

test('a setting for all brokers holds for running topics at once', async () => {
  await using session = await start();
  const produce = async (): Promise<number | undefined> => {
    const records = batchOf(1, { bytes: 2000, timestamp: Date.now() });
    const { responses } = await session.client.request(Produce, 11, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
    });
    return responses[0]?.partitionResponses[0]?.errorCode;
  };
  assert.equal(await produce(), ErrorCode.NONE);
  assert.equal(await session.alter(BROKER, '', 'message.max.bytes', '1000'), 0);
  assert.equal(await produce(), ErrorCode.MESSAGE_TOO_LARGE);
  assert.equal(await session.alter(TOPIC, 't', 'max.message.bytes', '3000'), 0);
  assert.equal(await produce(), ErrorCode.NONE);
});

test('AlterConfigs replaces all that a topic has; validateOnly changes nothing', async () => {
  await using session = await start();
  await session.alter(TOPIC, 't', 'retention.ms', '4000');
  const replace = async (value: string, validateOnly: boolean): Promise<number | undefined> => {
    const configs = [{ name: 'segment.ms', value }];
    const resources = [{ resourceType: TOPIC, resourceName: 't', configs }];
    const { responses } = await session.client.request(AlterConfigs, 2, { resources, validateOnly });
    return responses[0]?.errorCode;
  };
  assert.equal(await replace('7000', true), ErrorCode.NONE);
  assert.equal(await replace('soon', true), ErrorCode.INVALID_CONFIG);
  assert.deepEqual(await session.read(TOPIC, 't', 'retention.ms'), ['4000', 1]);
  assert.equal(await replace('7000', false), ErrorCode.NONE);
  assert.deepEqual(await session.read(TOPIC, 't', 'retention.ms'), ['604800000', 5]);
  assert.deepEqual(await session.read(TOPIC, 't', 'segment.ms'), ['7000', 1]);
});

test('a resource that is not there, is of no known kind, or is named twice is refused', async () => {
  await using session = await start();
  assert.equal(
    await session.alter(TOPIC, 'missing', 'retention.ms', '1'),
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  );
  assert.equal(await session.alter(BROKER, '9', 'log.retention.ms', '1'), ErrorCode.INVALID_REQUEST);
  assert.equal(await session.alter(99, 't', 'retention.ms', '1'), ErrorCode.INVALID_REQUEST);
  const configs = [{ name: 'retention.ms', configOperation: 0, value: '1' }];
  const resource = { resourceType: TOPIC, resourceName: 't', configs };
  const { responses } = await session.client.request(IncrementalAlterConfigs, 1, {
    resources: [resource, resource],
  });
  assert.deepEqual(
    responses.map(({ errorCode }) => errorCode),
    [ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST],
  );
  assert.deepEqual(await session.read(TOPIC, 't', 'retention.ms'), ['604800000', 5]);
});

test('what has settings is listed: groups and client metrics that have some, this broker, topics; all or by kind', async () => {
  await using session = await start();
  const list = async (resourceTypes: number[]) => {
    const answer = await session.client.request(ListConfigResources, 1, { resourceTypes });
    const names = answer.configResources.map((of) => `${of.resourceType}:${of.resourceName}`);
    return answer.errorCode === 0 ? names : answer.errorCode;
  };
  await session.alter(GROUP, 'g', 'consumer.session.timeout.ms', '50000');
  assert.deepEqual(await list([]), ['32:g', '8:1', '4:1', '2:t']);
  assert.deepEqual(await list([BROKER]), ['4:1']);
  assert.deepEqual(await list([16]), []);
  assert.equal(await list([77]), ErrorCode.UNSUPPORTED_VERSION);
  const { configResources } = await session.client.request(ListConfigResources, 0, {});
  assert.deepEqual(configResources, []);
});

test('a group has times of its own at once: its members are told', async () => {
  await using session = await start({ 'group.consumer.min.heartbeat.interval.ms': 1 });
  const intervalOf = async (groupId: string): Promise<number> => {
    const answer = await session.client.request(ConsumerGroupHeartbeat, 0, {
      groupId,
      memberId: '',
      memberEpoch: 0,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: ['none'],
      topicPartitions: [],
    });
    assert.equal(answer.errorCode, ErrorCode.NONE);
    return answer.heartbeatIntervalMs;
  };
  const name = 'consumer.heartbeat.interval.ms';
  assert.deepEqual(await session.read(GROUP, 'g', name), ['5000', 5]);
  assert.equal(await session.alter(GROUP, 'g', name, '7'), 0);
  assert.deepEqual(await session.read(GROUP, 'g', name), ['7', 8]);
  assert.equal(await intervalOf('g'), 7);
  assert.notEqual(await intervalOf('h'), 7);
});

test('a secret is never told, neither as a value nor among its sources', async () => {
  await using session = await start();
  const name = 'listener.name.plaintext.plain.sasl.jaas.config';
  const value = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_a="hunter2";';
  assert.equal(await session.alter(BROKER, '1', name, value), 0);
  const answer = await session.client.request(DescribeConfigs, 4, {
    resources: [{ resourceType: BROKER, resourceName: '1', configurationKeys: null }],
    includeSynonyms: true,
    includeDocumentation: true,
  });
  const told = answer.results[0]?.configs.find((config) => config.name === name);
  assert.deepEqual([told?.isSensitive, told?.value, told?.configSource], [true, null, 2]);
  assert.doesNotMatch(JSON.stringify(answer), /hunter2/);
});

test('what was altered is still there after a start, of brokers, topics, groups and client metrics', async () => {
  const options = { disk: memoryDisk(), dataDirectory: '/data' };
  const altered: [number, string, string, string, number][] = [
    [BROKER, '', 'log.roll.ms', '70000', 3],
    [BROKER, '1', 'listener.name.plaintext.max.connections', '70', 2],
    [TOPIC, 't', 'retention.ms', '80000', 1],
    [GROUP, 'g', 'consumer.session.timeout.ms', '50000', 8],
    [16, 'm', 'interval.ms', '1000', 7],
  ];
  {
    await using session = await start({}, options);
    for (const [type, name, key, value] of altered) {
      assert.equal(await session.alter(type, name, key, value), ErrorCode.NONE);
    }
  }
  await using session = await start({ 'log.roll.ms': 1 }, options);
  for (const [type, name, key, value, source] of altered) {
    assert.deepEqual(await session.read(type, name, key), [value, source], key);
  }
  assert.deepEqual(await session.read(TOPIC, 't', 'segment.ms'), ['70000', 3]);
});
