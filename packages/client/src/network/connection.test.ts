import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { systemRandom } from '@klamm/base/random';
import { ListOffsets } from '@klamm/protocol/api/02-list-offsets';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { CreateTopics } from '@klamm/protocol/api/19-create-topics';
import { Connection, type ConnectionOptions } from './connection.ts';
import { systemResolver } from './resolver.ts';
import { HANG_UP, ScriptedBroker, SILENCE } from './scripted-broker.ts';

const OPTIONS: ConnectionOptions = {
  clientId: 'test',
  softwareName: 'klamm',
  softwareVersion: '0',
  connectionTimeoutMs: 5000,
  requestTimeoutMs: 5000,
  clock: systemClock,
  random: systemRandom,
  tls: undefined,
  login: undefined,
  resolver: systemResolver,
};

function open(broker: ScriptedBroker, options: Partial<ConnectionOptions> = {}): Promise<Connection> {
  return Connection.open({ host: '127.0.0.1', port: broker.port }, { ...OPTIONS, ...options });
}

test('pipelined requests get their own answers', async () => {
  await using broker = await ScriptedBroker.start();
  const connection = await open(broker);
  broker.on(ListOffsets, ({ topics }) => ({ topics: topics.map(({ name }) => ({ name, partitions: [] })) }));
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((name) => connection.request(ListOffsets, { topics: [{ name, partitions: [] }] })),
  );
  assert.deepEqual(
    answers.map(({ topics }) => topics[0]?.name),
    ['a', 'b', 'c'],
  );
  connection.close();
});

test('a broker that knows older versions only is spoken to in those', async () => {
  await using broker = await ScriptedBroker.start();
  const versions: number[] = [];
  broker.on(ApiVersions, (_body, version) => {
    versions.push(version);
    const apiKeys = [
      { apiKey: ApiVersions.key, minVersion: 0, maxVersion: 2 },
      { apiKey: Metadata.key, minVersion: 0, maxVersion: 5 },
    ];
    return version > 2 ? { errorCode: 35, apiKeys } : { apiKeys };
  });
  const connection = await open(broker);
  assert.deepEqual(versions, [4, 2]);
  assert.equal(connection.versionOf(Metadata), 5);
  assert.throws(() => connection.versionOf(CreateTopics), { code: 'UNSUPPORTED_VERSION' });
  connection.close();
});

test('a request that is not answered in time ends the connection and all that waits on it', async () => {
  await using broker = await ScriptedBroker.start();
  broker.on(Metadata, () => SILENCE);
  const connection = await open(broker);
  const outcomes = await Promise.allSettled([
    connection.request(Metadata, { topics: [] }, { timeoutMs: 5 }),
    connection.request(Metadata, { topics: [] }),
  ]);
  for (const outcome of outcomes) {
    assert.equal(outcome.status, 'rejected');
    assert.equal(outcome.reason.code, 'REQUEST_TIMED_OUT');
  }
  assert.match((outcomes[0] as PromiseRejectedResult).reason.message, /did not answer Metadata within 5 ms/);
  assert.equal(connection.isOpen, false);
});

test('a lost connection fails what waits, as retriable', async () => {
  await using broker = await ScriptedBroker.start();
  broker.on(Metadata, () => HANG_UP);
  const connection = await open(broker);
  let closed = 0;
  connection.onClose = () => closed++;
  await assert.rejects(connection.request(Metadata, { topics: [] }), {
    code: 'NETWORK_EXCEPTION',
    retriable: true,
  });
  await assert.rejects(connection.request(Metadata, { topics: [] }), { code: 'NETWORK_EXCEPTION' });
  assert.equal(closed, 1);
});

test('a reply that nobody asked for ends the connection', async () => {
  await using broker = await ScriptedBroker.start();
  broker.on(Metadata, (_body, _version, socket) => {
    socket.write(Buffer.from([0, 0, 0, 4, 0x7f, 0, 0, 0]));
    return SILENCE;
  });
  const connection = await open(broker);
  await assert.rejects(connection.request(Metadata, { topics: [] }), /correlation id 2130706432/);
});

test('something that is no Kafka broker is told apart', async () => {
  await using broker = await ScriptedBroker.start();
  broker.on(ApiVersions, (_body, _version, socket) => {
    socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    return SILENCE;
  });
  await assert.rejects(open(broker), /Is this a Kafka broker/);
});
