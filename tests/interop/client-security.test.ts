// Our client over TLS and every login there is, on a real Apache Kafka and on Klamm: with stores of each format, tokens of
// each kind, passwords that come from functions, and logins that are renewed under its hands.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import {
  type BearerToken,
  Kafka,
  type KafkaOptions,
  KlammError,
  type SaslOptions,
  type TlsOptions,
} from 'klamm';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import type { Broker, BrokerOptions } from '../peers/broker.ts';
import { getJava } from '../peers/java.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { freePort } from '../peers/ports.ts';
import { type SecureFiles, secureFiles } from './secure-files.ts';

const java = await usePeer(getJava);
const MODULES = 'org.apache.kafka.common.security';
const user = 'alice';
const password = 'with, = and "quotes"';
const SCRAM = `${MODULES}.scram.ScramLoginModule required;`;
const brokers: [string, string | false, (options: BrokerOptions) => Promise<Broker>][] = [
  ['Apache Kafka 4.3.1', java.skip, (options) => startApacheKafka(java.get(), options)],
  ['Klamm', false, startKlamm],
];

/** A token that nobody signed, as a test may have it. */
function tokenOf(sub: string, seconds = 60): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(systemClock.now() / 1000);
  return `${part({ alg: 'none' })}.${part({ sub, iat: now, exp: now + seconds })}.`;
}

for (const [name, skip, start] of brokers) {
  suite(`our client, over TLS and with a login, on ${name}`, { skip, timeout: 120_000 }, () => {
    let files: SecureFiles;
    let broker: Broker;
    let logins: string;
    let certificates: string;

    before(async () => {
      files = await secureFiles();
      logins = `127.0.0.1:${await freePort()}`;
      certificates = `127.0.0.1:${await freePort()}`;
      const scope = 'listener.name.logins';
      broker = await start({
        listeners: `LOGINS://${logins},CERTS://${certificates}`,
        settings: {
          'listener.security.protocol.map':
            'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGINS:SASL_SSL,CERTS:SSL',
          'ssl.keystore.type': 'PKCS12',
          'ssl.keystore.location': files.at('broker.p12'),
          'ssl.keystore.password': files.password,
          'ssl.truststore.type': 'PKCS12',
          'ssl.truststore.location': files.at('truststore.p12'),
          'ssl.truststore.password': files.password,
          'listener.name.certs.ssl.client.auth': 'required',
          [`${scope}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
          [`${scope}.plain.sasl.jaas.config`]: `${MODULES}.plain.PlainLoginModule required user_${user}="plain";`,
          [`${scope}.scram-sha-256.sasl.jaas.config`]: SCRAM,
          [`${scope}.scram-sha-512.sasl.jaas.config`]: SCRAM,
          [`${scope}.oauthbearer.sasl.jaas.config`]: `${MODULES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker" unsecuredValidatorAllowableClockSkewMs="3000";`,
          [`${scope}.connections.max.reauth.ms`]: '2000',
          'delegation.token.secret.key': 'a secret of this cluster',
        },
      });
      await using admin = new Kafka({ brokers: broker.bootstrap }).admin();
      await admin.setUserPasswords([
        { name: user, password, mechanism: 'SCRAM-SHA-256' },
        { name: user, password, mechanism: 'SCRAM-SHA-512' },
      ]);
      await admin.createTopic({ name: 'letters', partitions: 1 });
    });
    after(async () => {
      await broker?.[Symbol.asyncDispose]();
      files?.[Symbol.dispose]();
    });

    const clientWith = (sasl: SaslOptions, changes: Partial<KafkaOptions> = {}): Kafka =>
      new Kafka({
        brokers: logins,
        tls: { ca: files.text('ca.crt') },
        sasl,
        retryTimeoutMs: 15_000,
        ...changes,
      });
    async function topicsSeen(kafka: Kafka): Promise<string[]> {
      await using admin = kafka.admin();
      return (await admin.listTopics()).map((topic) => topic.name);
    }
    const isLetIn = async (kafka: Kafka): Promise<void> =>
      assert.ok((await topicsSeen(kafka)).includes('letters'));
    const isRefused = (kafka: Kafka, pattern: RegExp): Promise<void> =>
      assert.rejects(topicsSeen(kafka), (error) => {
        assert.ok(error instanceof KlammError);
        assert.equal(error.code, 'SASL_AUTHENTICATION_FAILED');
        assert.equal(error.retriable, false);
        assert.match(error.message, pattern);
        return true;
      });

    for (const mechanism of ['scram-sha-256', 'scram-sha-512'] as const) {
      test(`${mechanism}, with the right password and a wrong one`, async () => {
        await isLetIn(clientWith({ mechanism, username: user, password }));
        await isRefused(clientWith({ mechanism, username: user, password: 'a guess' }), /refuses the login/);
      });
    }

    test('a password that comes from a function is asked for at each login', async () => {
      let asked = 0;
      const kafka = clientWith({
        mechanism: 'scram-sha-512',
        username: user,
        password: async () => {
          asked++;
          return password;
        },
      });
      await isLetIn(kafka);
      await isLetIn(kafka);
      assert.ok(asked >= 2, `${asked}`);
      const empty = clientWith({
        mechanism: 'plain',
        username: user,
        password: () => Promise.reject(new Error('the vault is shut')),
      });
      await isRefused(empty, /`sasl\.password` threw the vault is shut/);
    });

    test('a token, asked for once for all connections, and who has none', async () => {
      let asked = 0;
      const token = (): BearerToken => {
        asked++;
        // As the signer for Amazon MSK gives it: a token, and when it expires.
        return { value: tokenOf('dave'), expiresAtMs: systemClock.now() + 60_000 };
      };
      const kafka = clientWith({ mechanism: 'oauthbearer', token });
      await using producer = kafka.producer();
      await producer.send({ topic: 'letters', value: 'by token' });
      await isLetIn(kafka);
      assert.ok(asked <= 2, `asked ${asked} times`);
      const expired = clientWith({
        mechanism: 'oauthbearer',
        token: () => ({ value: tokenOf('dave', -3600) }),
      });
      await isRefused(expired, /refuses the login/);
      const shut = clientWith({
        mechanism: 'oauthbearer',
        token: () => {
          throw new Error('no identity today');
        },
      });
      await isRefused(shut, /`sasl\.token` threw no identity today/);
    });

    test('a delegation token, until it is ended', async () => {
      const scram = { mechanism: 'scram-sha-256', username: user, password };
      await using admin = clientWith(scram).admin();
      const { tokenId, hmac } = await admin.createToken();
      const byToken = (): Kafka =>
        clientWith({
          mechanism: 'scram-sha-256',
          username: tokenId,
          password: hmac.toString('base64'),
          delegationToken: true,
        });
      // Apache Kafka's controller answers before its brokers know.
      const count = async (): Promise<number> => (await admin.describeTokens()).length;
      while ((await count()) === 0);
      await isLetIn(byToken());
      await admin.expireToken(hmac, -1);
      while ((await count()) > 0);
      await isRefused(byToken(), /refuses the login/);
    });

    test('an exchange of our own', async () => {
      const brokersAsked: string[] = [];
      const message = Buffer.from(`\0${user}\0plain`);
      await isLetIn(
        clientWith({
          mechanism: 'PLAIN',
          client: ({ host, port }) => {
            brokersAsked.push(`${host}:${port}`);
            return { mechanism: 'PLAIN', next: (challenge) => (challenge === null ? message : null) };
          },
        }),
      );
      assert.deepEqual([...new Set(brokersAsked)], [logins]);
    });

    test('certificates of clients: PEM, and stores of both formats', async () => {
      const { password: opens } = files;
      const store = (path: string) => ({ path: files.at(path), password: opens });
      const each: TlsOptions[] = [
        { ca: files.text('ca.crt'), cert: files.text('alice.crt'), key: files.text('alice.key') },
        { truststore: store('truststore.p12'), keystore: store('alice.p12') },
        { truststore: store('truststore.jks'), keystore: store('alice.jks') },
        { truststore: { path: files.at('ca.crt') }, keystore: store('alice.p12') },
      ];
      for (const tls of each) await isLetIn(new Kafka({ brokers: certificates, tls }));
      const withoutOne = new Kafka({
        brokers: certificates,
        tls: { ca: files.text('ca.crt') },
        retryTimeoutMs: 3000,
      });
      await assert.rejects(topicsSeen(withoutOne), /certificate/);
    });

    test('logins that are renewed while it writes and reads lose nothing and change no order', async () => {
      const kafka = clientWith({ mechanism: 'scram-sha-512', username: user, password });
      await using admin = kafka.admin();
      await admin.createTopic({ name: 'steady', partitions: 1 });
      const until = systemClock.monotonic() + 5000;
      const read: number[] = [];
      let sent = 0;
      const reading = (async () => {
        for await (const message of kafka.consume({ topic: 'steady', from: 'earliest' })) {
          if (message.text() === 'the end') return;
          read.push(Number(message.text()));
        }
      })();
      {
        await using producer = kafka.producer();
        while (systemClock.monotonic() < until) {
          const batch = Array.from({ length: 20 }, () => ({ topic: 'steady', value: `${sent++}` }));
          await producer.sendBatch(batch);
        }
        await producer.send({ topic: 'steady', value: 'the end' });
      }
      await reading;
      assert.deepEqual(
        read,
        Array.from({ length: sent }, (_, i) => i),
      );
    });
  });
}
