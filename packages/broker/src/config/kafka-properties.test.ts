import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProperties } from '@klamm/base/properties';
import { parseJaas } from '@klamm/protocol/sasl/jaas';
import fc from 'fast-check';
import { kafkaProperties, propertiesText } from './kafka-properties.ts';
import { BrokerSettings } from './settings.ts';

const AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer';
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
const DIRECTORY = { path: '/data', nodeId: 1, kraftVersion: 0 };
const LOGIN = { user: 'node-1', password: 'made up' };

function translated(given: Readonly<Record<string, string>>, directory = DIRECTORY) {
  const entries = Object.entries(given).map(([name, value]) => ({ name, value, source: 'test' }));
  const kafka = kafkaProperties(BrokerSettings.from(entries), directory, LOGIN);
  const all = new Map(kafka.sections.flatMap(({ properties }) => [...properties]));
  return { ...kafka, get: (name: string) => all.get(name), names: [...all.keys()] };
}

const optionsOf = (jaas: string | undefined) =>
  Object.fromEntries(parseJaas(jaas ?? assert.fail('no login'), 'test').options);

test('a broker without settings becomes a node on this machine alone, as it was', () => {
  const { get, bootstrap, hasSecrets, names } = translated({});
  assert.equal(get('listeners'), 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093');
  assert.equal(get('advertised.listeners'), 'PLAINTEXT://127.0.0.1:9092');
  assert.equal(get('inter.broker.listener.name'), 'PLAINTEXT');
  assert.equal(get('controller.quorum.voters'), '1@127.0.0.1:9093');
  assert.equal(get('log.dirs'), '/data');
  assert.equal(get('transaction.state.log.min.isr'), '1');
  assert.equal(bootstrap, '127.0.0.1:9092');
  assert.equal(hasSecrets, false);
  assert.ok(!names.some((name) => name.includes('sasl')));
});

test('a quorum whose voters are in the log is found by an address', () => {
  const { get, names } = translated({}, { ...DIRECTORY, kraftVersion: 1 });
  assert.equal(get('controller.quorum.bootstrap.servers'), '127.0.0.1:9093');
  assert.ok(!names.includes('controller.quorum.voters'));
});

test('what is only of Klamm, of others, or of more nodes than one is left out or changed, and said', () => {
  const { get, names, remarks } = translated({
    'flush.policy': 'sync',
    'klamm.allow.remote.plaintext': 'true',
    'zookeeper.connect': 'zk:2181',
    'offsets.topic.replication.factor': '3',
    'controller.quorum.voters': '1@a:9093,2@b:9093',
    'log.retention.ms': ' 5 ',
    'metadata.log.dir': '/elsewhere',
  });
  for (const name of [
    'flush.policy',
    'klamm.allow.remote.plaintext',
    'zookeeper.connect',
    'metadata.log.dir',
  ])
    assert.ok(!names.includes(name), name);
  assert.equal(get('offsets.topic.replication.factor'), '1');
  assert.equal(get('controller.quorum.voters'), '1@127.0.0.1:9093');
  assert.equal(get('log.retention.ms'), '5');
  const said = remarks.join('\n');
  assert.match(said, /flush\.policy is left out: Apache Kafka trusts the page cache/);
  assert.match(said, /zookeeper\.connect is left out/);
  assert.match(said, /offsets\.topic\.replication\.factor was 3, and is 1/);
  assert.match(said, /controller\.quorum\.voters named 2 voters/);
});

test('where logins are asked for, what is made up for the node asks for one too', () => {
  const given = {
    listeners: 'SASL_PLAINTEXT://0.0.0.0:9092',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
    'sasl.jaas.config': `${PLAIN} user_alice="secret";`,
  };
  const { get, hasSecrets, names } = translated(given);
  assert.equal(
    get('listener.security.protocol.map'),
    'SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT,INTERNAL:SASL_PLAINTEXT',
  );
  assert.equal(get('inter.broker.listener.name'), 'INTERNAL');
  // A wildcard is no address that Apache Kafka would tell.
  assert.equal(get('advertised.listeners'), 'SASL_PLAINTEXT://localhost:9092,INTERNAL://127.0.0.1:9094');
  for (const listener of ['internal', 'controller']) {
    const options = optionsOf(get(`listener.name.${listener}.plain.sasl.jaas.config`));
    assert.deepEqual(options, { username: 'node-1', password: 'made up', 'user_node-1': 'made up' });
    assert.equal(get(`listener.name.${listener}.sasl.enabled.mechanisms`), 'PLAIN');
  }
  assert.equal(get('sasl.mechanism.controller.protocol'), 'PLAIN');
  // Apache Kafka reads logins by listener and mechanism only, and wants one for each.
  const prefix = 'listener.name.sasl_plaintext';
  assert.deepEqual(optionsOf(get(`${prefix}.plain.sasl.jaas.config`)), { user_alice: 'secret' });
  assert.match(get(`${prefix}.scram-sha-512.sasl.jaas.config`) ?? '', /\.ScramLoginModule required;$/);
  assert.equal(hasSecrets, true);
  assert.ok(!names.includes('super.users'), 'without an authorizer nobody is more than others');
});

test('with an authorizer the node is a super user of its own, and nobody else is one more', () => {
  const given = { 'authorizer.class.name': AUTHORIZER, 'super.users': 'User:admin' };
  const { get } = translated(given);
  assert.equal(get('inter.broker.listener.name'), 'INTERNAL', 'nobody logs in on PLAINTEXT');
  assert.equal(get('super.users'), 'User:admin;User:node-1');
  const open = translated({ ...given, 'super.users': 'User:ANONYMOUS' });
  assert.equal(open.get('inter.broker.listener.name'), 'PLAINTEXT');
  assert.match(open.get('super.users') ?? '', /^User:ANONYMOUS;User:node-1$/);
});

test('a listener for brokers with a login of its own, and one for the controller, stay as they were given', () => {
  const { get, names } = translated({
    listeners: 'EXTERNAL://127.0.0.1:9092,REPLICATION://127.0.0.1:9192,CONTROL://10.0.0.5:9193',
    'listener.security.protocol.map': 'EXTERNAL:SASL_SSL,REPLICATION:SASL_PLAINTEXT,CONTROL:SSL',
    'controller.listener.names': 'CONTROL',
    'inter.broker.listener.name': 'REPLICATION',
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.external.plain.sasl.jaas.config': `${PLAIN} user_alice="secret";`,
    'listener.name.replication.plain.sasl.jaas.config': `${PLAIN} username="b" password="c" user_b="c";`,
  });
  assert.equal(
    get('listeners'),
    'EXTERNAL://127.0.0.1:9092,REPLICATION://127.0.0.1:9192,CONTROL://10.0.0.5:9193',
  );
  assert.equal(get('inter.broker.listener.name'), 'REPLICATION');
  assert.equal(get('controller.listener.names'), 'CONTROL');
  assert.equal(get('controller.quorum.voters'), '1@10.0.0.5:9193');
  assert.ok(!names.some((name) => name.startsWith('listener.name.control')));
  const lacking = translated({
    listeners: 'REPLICATION://127.0.0.1:9192',
    'listener.security.protocol.map': 'REPLICATION:SASL_PLAINTEXT',
    'inter.broker.listener.name': 'REPLICATION',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-256',
  });
  assert.equal(lacking.get('inter.broker.listener.name'), 'INTERNAL');
  assert.match(lacking.remarks.join(), /Nothing says as whom a broker logs in on REPLICATION/);
});

test('a controller that listened at every address listens on this machine', () => {
  const { get, remarks } = translated({ listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://:9093' });
  assert.equal(get('controller.quorum.voters'), '1@127.0.0.1:9093');
  assert.match(remarks.join(), /CONTROLLER was at every address/);
});

test('a port that nobody knows is refused', () => {
  assert.throws(() => translated({ listeners: 'PLAINTEXT://127.0.0.1:0' }), /PLAINTEXT has port 0/);
});

test('every value is read again as it was, in ASCII', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1 }), (letters) => {
      const text = String.fromCharCode(...letters);
      const kafka = {
        sections: [{ title: 'x', properties: new Map([['key', text]]) }],
        remarks: [],
        bootstrap: '',
        hasSecrets: false,
      };
      const file = propertiesText(kafka, ['heading']);
      assert.match(file, /^[\n\x20-\x7e]*$/);
      assert.deepEqual(
        parseProperties(file).map(({ key, value }) => [key, value]),
        [['key', text]],
      );
    }),
  );
});
