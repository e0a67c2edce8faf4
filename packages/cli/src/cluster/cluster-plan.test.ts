// Which clusters are made, and that the settings of each node make them sound.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProperties } from '@klamm/base/properties';
import { examine } from '../doctor/examine.ts';
import { nodesOfCompose } from '../doctor/read-compose.ts';
import { externalBootstrap, internalBootstrap, newPlan } from './cluster-plan.ts';
import { COMPOSE_FILE, composeText, SECRETS_FILE, secretsText } from './compose-file.ts';
import { nodeSettings, propertiesText } from './node-settings.ts';

const options = { nodes: 3, port: 19_092, host: 'localhost', user: 'admin', heapMb: 512, isCompose: false };
const FILES = {
  dataDirectory: '/data',
  keystore: '/keys.p12',
  truststore: '/trust.p12',
  storePassword: 'of the "stores"',
  userPassword: 'of a \\ user',
};

for (const nodes of [2, 4, 6]) {
  test(`${nodes} voters are refused, with the reason and what to take instead`, () => {
    assert.throws(() => newPlan({ ...options, nodes }), {
      message: nodes === 2 ? /has no majority: .* Take 3, of which any one may die, or 1/ : /Take \d or \d/,
    });
  });
}

test('a range of ports that does not fit is refused', () => {
  assert.throws(() => newPlan({ ...options, port: 65_400 }), /ports up to 65602 are needed/);
});

test('no two listeners of a cluster share a port, and no two nodes a directory id', () => {
  const { nodes } = newPlan({ ...options, nodes: 5 });
  const ports = nodes.flatMap(({ internalPort, externalPort, controllerPort }) => [
    internalPort,
    externalPort,
    controllerPort,
  ]);
  assert.equal(new Set(ports).size, 15);
  assert.equal(new Set(nodes.map(({ directoryId }) => directoryId)).size, 5);
});

test('three nodes keep three replicas of everything, and acknowledge what two have', () => {
  const plan = newPlan(options);
  const [node] = plan.nodes;
  assert.ok(node);
  const settings = nodeSettings(plan, node, FILES);
  const replicas = Object.entries(settings).filter(([name]) => name.endsWith('replication.factor'));
  assert.deepEqual([...new Set(replicas.map(([, value]) => value))], ['3']);
  assert.equal(replicas.length, 4);
  const inSync = Object.entries(settings).filter(([name]) => /min\.(isr|insync\.replicas)$/.test(name));
  assert.deepEqual(
    inSync.map(([, value]) => value),
    ['2', '2', '2'],
  );
  assert.equal(settings['controller.quorum.bootstrap.servers']?.split(',').length, 3);
  assert.deepEqual(
    [internalBootstrap(plan), externalBootstrap(plan)],
    ['127.0.0.1:19092,127.0.0.1:19093,127.0.0.1:19094', 'localhost:19192,localhost:19193,localhost:19194'],
  );
});

test('one node asks for no more replicas than there can be', () => {
  const plan = newPlan({ ...options, nodes: 1 });
  const [node] = plan.nodes;
  assert.ok(node);
  const settings = nodeSettings(plan, node, FILES);
  assert.equal(settings['offsets.topic.replication.factor'], '1');
  assert.equal(settings['min.insync.replicas'], '1');
});

test('only EXTERNAL can be reached from other machines, and only where clients come from there', () => {
  for (const [host, external] of [
    ['localhost', '127.0.0.1'],
    ['kafka.example', '0.0.0.0'],
  ] as const) {
    const plan = newPlan({ ...options, host });
    const [node] = plan.nodes;
    assert.ok(node);
    const { listeners = '', 'advertised.listeners': advertised = '' } = nodeSettings(plan, node, FILES);
    assert.match(listeners, /INTERNAL:\/\/127\.0\.0\.1:\d+,.*CONTROLLER:\/\/127\.0\.0\.1:/);
    assert.ok(listeners.includes(`EXTERNAL://${external}:`), listeners);
    assert.ok(advertised.includes(`EXTERNAL://${host}:`), advertised);
  }
});

test('what is written as properties is read as it was', () => {
  const plan = newPlan(options);
  const [node] = plan.nodes;
  assert.ok(node);
  const settings = nodeSettings(plan, node, FILES);
  const read = parseProperties(propertiesText(settings, 'a test'));
  assert.deepEqual(Object.fromEntries(read.map(({ key, value }) => [key, value])), settings);
});

test('as a compose file it is a sound cluster for the doctor, and holds no secret', () => {
  const plan = newPlan({ ...options, host: 'kafka.example', isCompose: true });
  const secrets = { storePassword: 'of-the-stores', userPassword: 'of-a-user' };
  const text = composeText(plan, secrets);
  assert.doesNotMatch(text, /of-the-stores|of-a-user/);
  const hidden = secretsText(plan, secrets);
  assert.match(hidden, /^KAFKA_SSL_KEYSTORE_PASSWORD='of-the-stores'$/m);
  assert.match(hidden, /^KAFKA_LISTENER_NAME_EXTERNAL_PLAIN_SASL_JAAS_CONFIG='.*user_admin"="of-a-user";'$/m);
  const nodes = nodesOfCompose({
    path: COMPOSE_FILE,
    text,
    environment: {},
    readText: (path) => (path.endsWith(SECRETS_FILE) ? hidden : undefined),
  });
  assert.equal(nodes.length, 3);
  const findings = examine({ nodes, isWhole: true, now: 0, read: () => undefined });
  assert.deepEqual(
    findings.filter(({ level }) => level !== 'note'),
    [],
  );
});
