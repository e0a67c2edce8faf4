// A client.properties of Java, and a configuration of librdkafka, as options.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientSettings } from '../options.ts';
import { clientOptionsFromProperties } from './client-properties.ts';

test('a client.properties of Java means the same here', () => {
  const text = `
# comments and joined lines are Java's
bootstrap.servers=a:9093,b:9093
security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\
  username="alice" password="o;ne" tokenauth=true;
ssl.truststore.location=/etc/kafka/trust.jks
ssl.truststore.password = two
ssl.enabled.protocols=TLSv1.3
request.timeout.ms: 5000
receive.buffer.bytes=1000
`;
  assert.deepEqual(clientOptionsFromProperties(text), {
    options: {
      brokers: 'a:9093,b:9093',
      requestTimeoutMs: 5000,
      tls: { truststore: { path: '/etc/kafka/trust.jks', password: 'two' }, minVersion: 'TLSv1.3' },
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'alice', password: 'o;ne', delegationToken: true },
    },
    unused: ['receive.buffer.bytes'],
  });
});

test('so do names of librdkafka', () => {
  const { options, unused } = clientOptionsFromProperties({
    'metadata.broker.list': 'a:1',
    'security.protocol': 'sasl_ssl',
    'sasl.mechanisms': 'PLAIN',
    'sasl.username': 'u',
    'sasl.password': 'p',
    'ssl.ca.location': 'ca.pem',
  });
  assert.deepEqual(unused, []);
  assert.deepEqual(options, {
    brokers: 'a:1',
    tls: { truststore: { path: 'ca.pem' } },
    sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' },
  });
});

test('so does how brokers are found', () => {
  const { options, unused } = clientOptionsFromProperties({
    'client.dns.lookup': 'resolve_canonical_bootstrap_servers_only',
    'metadata.recovery.strategy': 'NONE',
    'metadata.recovery.rebootstrap.trigger.ms': '1000',
  });
  assert.deepEqual(unused, []);
  assert.deepEqual(options, {
    dnsLookup: 'resolve_canonical_bootstrap_servers_only',
    metadataRecovery: { strategy: 'none', rebootstrapTriggerMs: 1000 },
  });
  const wrong = { 'bootstrap.servers': 'a:1', 'client.dns.lookup': 'default' };
  const { brokers = '', ...rest } = clientOptionsFromProperties(wrong).options;
  assert.throws(() => clientSettings({ brokers, ...rest }), { code: 'INVALID_CONFIG' });
});

test('without a security protocol it is in the clear, whatever else is written', () => {
  assert.deepEqual(
    clientOptionsFromProperties({ 'ssl.truststore.location': 'x', 'sasl.mechanism': 'PLAIN' }).options,
    {},
  );
});

test('what would be less safe, or cannot work, is refused by its name and without secrets', () => {
  const tls = { 'security.protocol': 'SSL' };
  const sasl = { 'security.protocol': 'SASL_SSL' };
  for (const [properties, message] of [
    [{ 'security.protocol': 'TLS' }, /security\.protocol is "TLS"/],
    [{ ...tls, 'ssl.endpoint.identification.algorithm': '' }, /always compares the certificate/],
    [sasl, /GSSAPI, its default/],
    [{ ...sasl, 'sasl.mechanism': 'OAUTHBEARER' }, /sasl\.token/],
    [{ ...sasl, 'sasl.mechanism': 'PLAIN', 'sasl.username': 'u' }, /a password missing/],
    [
      { ...sasl, 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': 'Plain required password="hunter2"' },
      /sasl\.jaas\.config/,
    ],
    [{ 'request.timeout.ms': 'soon' }, /whole number/],
  ] as const) {
    assert.throws(
      () => clientOptionsFromProperties(properties),
      (error: unknown) => {
        assert.match(String(error), message);
        assert.doesNotMatch(String(error), /hunter2/);
        return true;
      },
    );
  }
});
