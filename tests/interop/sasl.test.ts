// Everybody's clients log in: each mechanism, with the right password and a wrong one, and again while they work.
//
// The broker is asked for no encryption here, so that every client can be used by itself; KLAMM_TEST_BOOTSTRAP=apache-kafka
// runs this file on Apache Kafka.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { startBroker } from '@klamm/broker/broker';
import { Base } from '@platformatic/kafka';
import { Kafka as KafkaJs, type SASLOptions as KafkaJsLogin, logLevel } from 'kafkajs';
import { Kafka, KlammError } from 'klamm';
import type { Broker } from '../peers/broker.ts';
import { getGo } from '../peers/go.ts';
import { getJava } from '../peers/java.ts';
import { getKcat } from '../peers/kcat.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { freePort } from '../peers/ports.ts';
import { runProgram } from '../peers/program.ts';
import { newTopic } from '../peers/topics.ts';

const MODULES = 'org.apache.kafka.common.security';
const PLAIN = `${MODULES}.plain.PlainLoginModule`;
const SCRAM = `${MODULES}.scram.ScramLoginModule`;
const BEARER = `${MODULES}.oauthbearer.OAuthBearerLoginModule`;
const SCOPE = 'listener.name.sasl_plaintext';
const user = 'alice';
const password = 'with, = and "quotes"';
const escaped = password.replaceAll('"', '\\"');
/** In a properties file. */
const inFile = (text: string): string => text.replaceAll('\\', '\\\\');
const PASSWORDS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
type ByPassword = (typeof PASSWORDS)[number];

const settings = {
  'sasl.enabled.mechanisms': [...PASSWORDS, 'OAUTHBEARER'].join(','),
  [`${SCOPE}.plain.sasl.jaas.config`]: inFile(`${PLAIN} required user_${user}="${escaped}";`),
  [`${SCOPE}.scram-sha-256.sasl.jaas.config`]: `${SCRAM} required;`,
  [`${SCOPE}.scram-sha-512.sasl.jaas.config`]: `${SCRAM} required;`,
  [`${SCOPE}.oauthbearer.sasl.jaas.config`]: `${BEARER} required unsecuredLoginStringClaim_sub="broker" unsecuredValidatorAllowableClockSkewMs="3000";`,
  'delegation.token.secret.key': 'a secret of this cluster',
};

function unsecuredToken(name: string, seconds = 60): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(systemClock.now() / 1000);
  return `${part({ alg: 'none' })}.${part({ sub: name, iat: now, exp: now + seconds })}.`;
}

interface Place {
  /** Of the listener that asks for a login. */
  readonly bootstrap: string;
  readonly topic: string;
  close(): Promise<void>;
}

/** A broker with a user of every mechanism, and a topic. */
async function start(more: Readonly<Record<string, string>> = {}): Promise<Place> {
  const bootstrap = `127.0.0.1:${await freePort()}`;
  const broker: Broker = await startKlamm({
    listeners: `SASL_PLAINTEXT://${bootstrap}`,
    settings: { ...settings, ...more },
  });
  await using admin = new Kafka({ brokers: broker.bootstrap }).admin();
  await admin.setUserPasswords([
    { name: user, password, mechanism: 'SCRAM-SHA-256', iterations: 8192 },
    { name: user, password, mechanism: 'SCRAM-SHA-512' },
  ]);
  const topic = await newTopic(broker.bootstrap, 'logins');
  return { bootstrap, topic, close: async () => broker[Symbol.asyncDispose]() };
}

const kcat = await usePeer(getKcat);
const go = await usePeer(getGo);
const java = await usePeer(getJava);
const isElsewhere = process.env.KLAMM_TEST_BOOTSTRAP !== undefined;
const REFUSED = /authentication|invalid credentials|Invalid username|SASL/i;

suite('logins by SASL', () => {
  let place: Place;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'klamm-sasl-'));
    place = await start();
  });
  after(async () => {
    await place?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  suite('kcat', { skip: kcat.skip }, () => {
    const ask = (mechanism: string, ...properties: string[]) =>
      runProgram(
        'kcat',
        ['-b', place.bootstrap, '-L', '-m', '5', '-t', place.topic].concat(
          ['security.protocol=SASL_PLAINTEXT', `sasl.mechanisms=${mechanism}`, ...properties].flatMap(
            (each) => ['-X', each],
          ),
        ),
        { mayFail: true },
      );
    for (const mechanism of PASSWORDS) {
      // librdkafka before 2.6.1 writes its nonce twice, which Apache Kafka since 3.9 does not take.
      const skip = mechanism !== 'PLAIN' && isElsewhere && 'old librdkafka cannot log in there by SCRAM';
      test(mechanism, { skip }, async () => {
        kcat.get();
        const good = await ask(mechanism, `sasl.username=${user}`, `sasl.password=${password}`);
        assert.match(good.stdout, /1 partitions/, good.stderr);
        const bad = await ask(mechanism, `sasl.username=${user}`, 'sasl.password=wrong');
        assert.notEqual(bad.code, 0);
        assert.match(bad.stderr, /SASL authentication error/);
      });
    }
    test('OAUTHBEARER', async () => {
      const config = (sub: string) => `sasl.oauthbearer.config=principal=${sub} scope=read`;
      const good = await ask('OAUTHBEARER', 'enable.sasl.oauthbearer.unsecure.jwt=true', config('dave'));
      assert.match(good.stdout, /1 partitions/, good.stderr);
    });
  });

  for (const program of ['sarama-login', 'franz-login']) {
    suite(program, { skip: go.skip }, () => {
      const ask = async (mechanism: string, name: string, secret: string, ...more: string[]) => {
        const args = ['-brokers', place.bootstrap, '-topic', place.topic, '-mechanism', mechanism];
        return go.get().run(program, [...args, '-user', name, '-password', secret, ...more]);
      };
      for (const mechanism of PASSWORDS) {
        test(mechanism, async () => {
          const [good] = await ask(mechanism, user, password);
          assert.equal(good?.event, 'read', JSON.stringify(good));
          for (const [name, secret] of [
            [user, 'wrong'],
            ['nobody', password],
          ] as const) {
            const [bad] = await ask(mechanism, name, secret);
            assert.equal(bad?.event, 'refused');
            assert.match(String(bad?.error), REFUSED);
          }
        });
      }
      test('OAUTHBEARER', async () => {
        const [good] = await ask('OAUTHBEARER', '', unsecuredToken('dave'));
        assert.equal(good?.event, 'read', JSON.stringify(good));
        const [late] = await ask('OAUTHBEARER', '', unsecuredToken('dave', -60));
        assert.equal(late?.event, 'refused');
      });
    });
  }

  for (const mechanism of ['PLAIN', 'SCRAM-SHA-512']) {
    test(`Sarama with ${mechanism} in tokens without requests around them`, { skip: go.skip }, async () => {
      const args = ['-brokers', place.bootstrap, '-topic', place.topic, '-mechanism', mechanism];
      const login = ['-handshake', '0', '-user', user, '-password', password];
      const [good] = await go.get().run('sarama-login', [...args, ...login]);
      assert.equal(good?.event, 'read', JSON.stringify(good));
    });
  }

  // Apache Kafka answers before its logins know of a token.
  const tokenSkip = go.skip || (isElsewhere && 'a new token is not known at once there');
  test('a delegation token logs franz-go in, until it ends', { skip: tokenSkip }, async () => {
    const sasl = { mechanism: 'scram-sha-512', username: user, password };
    await using admin = new Kafka({ brokers: place.bootstrap, sasl }).admin();
    const { tokenId, hmac, owner } = await admin.createToken({});
    assert.equal(owner, `User:${user}`);
    const args = [
      '-brokers',
      place.bootstrap,
      '-topic',
      place.topic,
      '-mechanism',
      'SCRAM-SHA-256',
      '-token',
    ];
    const ask = () =>
      go.get().run('franz-login', [...args, '-user', tokenId, '-password', hmac.toString('base64')]);
    const [good] = await ask();
    assert.equal(good?.event, 'read', JSON.stringify(good));
    await admin.expireToken(hmac);
    const [late] = await ask();
    assert.equal(late?.event, 'refused');
  });

  const javaModule = (mechanism: string): string => (mechanism === 'PLAIN' ? PLAIN : SCRAM);
  function javaConfig(mechanism: string, jaas: string): string {
    const path = join(folder, `${mechanism}-${jaas.length}.properties`);
    const lines = ['security.protocol=SASL_PLAINTEXT', `sasl.mechanism=${mechanism}`];
    writeFileSync(path, [...lines, `sasl.jaas.config=${inFile(jaas)}`, ''].join('\n'));
    return path;
  }

  suite("Java's tools", { skip: java.skip }, () => {
    const list = (path: string) =>
      java
        .get()
        .run(
          'org.apache.kafka.tools.TopicCommand',
          ['--bootstrap-server', place.bootstrap, '--command-config', path, '--list'],
          { mayFail: true },
        );
    for (const mechanism of PASSWORDS) {
      test(mechanism, async () => {
        const jaas = (secret: string): string =>
          `${javaModule(mechanism)} required username="${user}" password="${secret}";`;
        const good = await list(javaConfig(mechanism, jaas(escaped)));
        assert.match(good.stdout, new RegExp(place.topic), good.stderr);
        const bad = await list(javaConfig(mechanism, jaas('wrong')));
        assert.match(bad.stdout + bad.stderr, /SaslAuthenticationException/);
      });
    }
    test('OAUTHBEARER', async () => {
      const jaas = `${BEARER} required unsecuredLoginStringClaim_sub="dave";`;
      const good = await list(javaConfig('OAUTHBEARER', jaas));
      assert.match(good.stdout, new RegExp(place.topic), good.stderr);
    });

    test('ConfigCommand makes a user, who logs in, and removes it', async () => {
      const path = javaConfig('PLAIN', `${PLAIN} required username="${user}" password="${escaped}";`);
      const configs = (...args: string[]) =>
        java
          .get()
          .run('kafka.admin.ConfigCommand', [
            ...['--bootstrap-server', place.bootstrap, '--command-config', path],
            ...['--entity-type', 'users', '--entity-name', 'dora', ...args],
          ]);
      await configs('--alter', '--add-config', 'SCRAM-SHA-256=[iterations=5000,password=by java]');
      const sasl = { mechanism: 'scram-sha-256', username: 'dora', password: 'by java' };
      await using admin = new Kafka({ brokers: place.bootstrap, sasl }).admin();
      assert.ok((await admin.listTopics()).length > 0);
      const [dora] = await admin.describeUsers(['dora']);
      assert.deepEqual(dora?.credentials, [{ mechanism: 'SCRAM-SHA-256', iterations: 5000 }]);
      await configs('--alter', '--delete-config', 'SCRAM-SHA-256');
      await assert.rejects(admin.describeUsers(['dora']), /no such user/);
    });

    test('DelegationTokenCommand makes a token, with which another tool logs in', async () => {
      const path = javaConfig('PLAIN', `${PLAIN} required username="${user}" password="${escaped}";`);
      const tokens = (...args: string[]) =>
        java
          .get()
          .run('org.apache.kafka.tools.DelegationTokenCommand', [
            ...['--bootstrap-server', place.bootstrap, '--command-config', path, ...args],
          ]);
      const { stdout } = await tokens(
        ...['--create', '--max-life-time-period', '-1', '--renewer-principal', 'User:bob'],
      );
      const [, tokenId, hmac] = /^(\S+)\s+(\S{20,})\s+User:alice/m.exec(stdout) ?? [];
      assert.ok(tokenId !== undefined && hmac !== undefined, stdout);
      const login = `${SCRAM} required username="${tokenId}" password="${hmac}" tokenauth="true";`;
      const listed = await list(javaConfig('SCRAM-SHA-256', login));
      assert.match(listed.stdout, new RegExp(place.topic), listed.stderr);
      const renewed = await tokens('--renew', '--renew-time-period', '-1', '--hmac', hmac);
      assert.match(renewed.stdout, /renew|expiry/i);
      assert.match(
        (await tokens('--describe', '--owner-principal', `User:${user}`)).stdout,
        new RegExp(tokenId),
      );
      await tokens('--expire', '--expiry-time-period', '-1', '--hmac', hmac);
      assert.doesNotMatch(
        (await tokens('--describe', '--owner-principal', `User:${user}`)).stdout,
        new RegExp(tokenId),
      );
    });
  });

  suite('KafkaJS', () => {
    const ask = async (sasl: KafkaJsLogin): Promise<string[]> => {
      const kafka = new KafkaJs({
        brokers: [place.bootstrap],
        logLevel: logLevel.NOTHING,
        retry: { retries: 0 },
        sasl,
      });
      const admin = kafka.admin();
      try {
        await admin.connect();
        return await admin.listTopics();
      } finally {
        await admin.disconnect();
      }
    };
    for (const mechanism of PASSWORDS) {
      test(mechanism, async () => {
        const login = (secret: string) =>
          ({ mechanism: mechanism.toLowerCase(), username: user, password: secret }) as KafkaJsLogin;
        assert.ok((await ask(login(password))).includes(place.topic));
        await assert.rejects(ask(login('wrong')), REFUSED);
      });
    }
    test('OAUTHBEARER', async () => {
      const login = (value: string): KafkaJsLogin => ({
        mechanism: 'oauthbearer',
        oauthBearerProvider: async () => ({ value }),
      });
      assert.ok((await ask(login(unsecuredToken('dave')))).includes(place.topic));
      await assert.rejects(ask(login(unsecuredToken('dave', -60))));
    });
  });

  suite('@platformatic/kafka', () => {
    const ask = async (
      sasl: NonNullable<ConstructorParameters<typeof Base>[0]['sasl']>,
    ): Promise<boolean> => {
      const client = new Base({
        clientId: 'conformance',
        bootstrapBrokers: [place.bootstrap],
        retries: 0,
        sasl,
      });
      try {
        return (await client.metadata({ topics: [place.topic] })).topics.has(place.topic);
      } finally {
        await client.close();
      }
    };
    for (const mechanism of PASSWORDS) {
      test(mechanism, async () => {
        assert.equal(await ask({ mechanism, username: user, password }), true);
        await assert.rejects(ask({ mechanism, username: user, password: 'wrong' }));
      });
    }
    test('OAUTHBEARER', async () => {
      assert.equal(await ask({ mechanism: 'OAUTHBEARER', token: unsecuredToken('dave') }), true);
    });
  });

  suite('Klamm', () => {
    const ask = async (mechanism: ByPassword, username: string, secret: string): Promise<boolean> => {
      const sasl = { mechanism, username, password: secret };
      await using admin = new Kafka({ brokers: place.bootstrap, sasl }).admin();
      return (await admin.listTopics()).some((topic) => topic.name === place.topic);
    };
    for (const mechanism of PASSWORDS) {
      test(mechanism, async () => {
        assert.equal(await ask(mechanism, user, password), true);
        for (const [name, secret] of [
          [user, 'wrong'],
          ['nobody', password],
        ] as const) {
          await assert.rejects(
            ask(mechanism, name, secret),
            (error) => error instanceof KlammError && error.code === 'SASL_AUTHENTICATION_FAILED',
          );
        }
      });
    }
    test('OAUTHBEARER', async () => {
      const token = async () => ({ value: unsecuredToken('dave') });
      const kafka = new Kafka({ brokers: place.bootstrap, sasl: { mechanism: 'oauthbearer', token } });
      await using admin = kafka.admin();
      assert.ok((await admin.listTopics()).some((topic) => topic.name === place.topic));
    });
  });
});

suite('logins again while clients work (KIP-368)', () => {
  const sasl = { mechanism: 'scram-sha-512', username: user, password };

  test("Java's producer", { skip: java.skip }, async () => {
    java.get();
    const place = await start({ 'connections.max.reauth.ms': '500' });
    const folder = mkdtempSync(join(tmpdir(), 'klamm-sasl-'));
    try {
      const path = join(folder, 'client.properties');
      const jaas = inFile(`${SCRAM} required username="${user}" password="${escaped}";`);
      const lines = ['security.protocol=SASL_PLAINTEXT', 'sasl.mechanism=SCRAM-SHA-512'];
      writeFileSync(path, [...lines, `sasl.jaas.config=${jaas}`, ''].join('\n'));
      const { stdout } = await java
        .get()
        .run('org.apache.kafka.tools.ProducerPerformance', [
          ...['--bootstrap-server', place.bootstrap, '--command-config', path, '--topic', place.topic],
          ...['--num-records', '300', '--record-size', '10', '--throughput', '100', '--print-metrics'],
        ]);
      assert.match(stdout, /300 records sent/);
      const metric = (name: string): number =>
        Number(new RegExp(`producer-metrics:${name}:\\S*\\s*:\\s*([\\d.]+)`).exec(stdout)?.[1]);
      assert.ok(metric('successful-reauthentication-total') > 0, stdout);
      assert.equal(metric('failed-reauthentication-total'), 0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await place.close();
    }
  });

  test("Klamm's producer and consumer, on the connections they have", async () => {
    const logins = new Map<string, number>();
    const debug = (line: string): void => {
      const [, connection] = /^(\S+) is User:alice, by /.exec(line) ?? [];
      if (connection !== undefined) logins.set(connection, (logins.get(connection) ?? 0) + 1);
    };
    await using broker = await startBroker({
      logger: { ...silentLogger, debug },
      config: {
        listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
        'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
        'klamm.scram.users': `${SCRAM} required user_${user}="${escaped}";`,
        'connections.max.reauth.ms': '500',
      },
    });
    const kafka = new Kafka({ brokers: broker.bootstrap, sasl });
    await using producer = kafka.producer();
    await using consumer = kafka.consume({ topic: 'again', from: 'earliest' });
    const again = (): boolean => [...logins.values()].some((count) => count >= 3);
    let sent = 0;
    for (; sent < 10_000 && !again(); sent++) {
      await producer.send({ topic: 'again', value: String(sent) });
      const { value: message } = await consumer.next();
      assert.equal(message?.text(), String(sent));
    }
    assert.ok(again(), `no connection logged in again: ${JSON.stringify([...logins])} after ${sent}`);
  });
});
