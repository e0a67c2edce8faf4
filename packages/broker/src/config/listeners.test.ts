// Listeners as people write them, and what is refused of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenerAddresses } from './listeners.ts';
import { BrokerSettings } from './settings.ts';
import { startRemarks } from './start-remarks.ts';

const settings = (values: Readonly<Record<string, string>>): BrokerSettings =>
  BrokerSettings.from(Object.entries(values).map(([name, value]) => ({ name, value, source: 'f:1' })));
const MAP = { 'listener.security.protocol.map': 'INTERNAL:PLAINTEXT,SSL:SASL_SSL,QUORUM:PLAINTEXT,TLS:SSL' };

test('listeners have names, protocols and addresses of their own; those of controllers are left out, and it is said why', () => {
  const given = settings({
    ...MAP,
    listeners: 'INTERNAL://127.0.0.1:9092,QUORUM://:9093,ssl://:9095',
    'controller.listener.names': 'QUORUM',
    'inter.broker.listener.name': 'INTERNAL',
    'advertised.listeners': 'SSL://kafka.example:9095,INTERNAL://127.0.0.1:9092',
  });
  assert.deepEqual(listenerAddresses(given), [
    { name: 'INTERNAL', protocol: 'PLAINTEXT', host: '127.0.0.1', port: 9092 },
    { name: 'SSL', protocol: 'SASL_SSL', host: '', port: 9095 },
  ]);
  assert.match(
    startRemarks(given)
      .map(({ text }) => text)
      .join(),
    /Listener QUORUM is not opened/,
  );
});

for (const [what, values, message] of [
  [
    'two listeners of one name',
    { listeners: 'INTERNAL://127.0.0.1:1,internal://127.0.0.1:2' },
    /names INTERNAL twice/,
  ],
  [
    'two listeners on one port',
    { listeners: 'INTERNAL://127.0.0.1:1,SSL://127.0.0.1:1' },
    /port 1 to INTERNAL and SSL/,
  ],
  ['only listeners of controllers', { listeners: 'CONTROLLER://127.0.0.1:1' }, /no listener for clients/],
  [
    'a name without a protocol',
    { listeners: 'OUTSIDE://127.0.0.1:1' },
    /Add OUTSIDE:PLAINTEXT to listener\.security\.protocol\.map/,
  ],
  ['no address', { listeners: 'INTERNAL' }, /is no address/],
  [
    'brokers that would talk by a listener that is not there',
    { listeners: 'INTERNAL://127.0.0.1:1', 'inter.broker.listener.name': 'SSL' },
    /inter\.broker\.listener\.name=SSL \(f:1\) is none of the listeners for clients: INTERNAL/,
  ],
  [
    'an address told for a listener that is not there',
    { listeners: 'INTERNAL://127.0.0.1:1', 'advertised.listeners': 'SSL://kafka.example:1' },
    /advertised\.listeners \(f:1\) names SSL/,
  ],
  [
    'an open door to other machines',
    { listeners: 'INTERNAL://0.0.0.0:1' },
    /from other machines.*klamm\.allow\.remote\.plaintext/,
  ],
  ['TLS to other machines, and anybody may come', { listeners: 'TLS://:1' }, /ssl\.client\.auth=required/],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(() => listenerAddresses(settings({ ...MAP, ...values })), {
      code: 'INVALID_CONFIG',
      message,
    });
  });
}

test('a door to other machines may be open where it is written down, and one with certificates is none', () => {
  const remote = { ...MAP, listeners: 'INTERNAL://:1,TLS://:2' };
  assert.equal(listenerAddresses(settings({ ...remote, 'klamm.allow.remote.plaintext': 'true' })).length, 2);
  const mutual = { ...MAP, listeners: 'TLS://:2', 'listener.name.tls.ssl.client.auth': 'required' };
  assert.equal(listenerAddresses(settings(mutual)).length, 1);
});
