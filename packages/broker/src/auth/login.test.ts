// The login of a connection, over a real socket: what may be asked in which state, who gets in, and what becomes of those
// who do not (SaslServerAuthenticator).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata } from '@klamm/protocol/api/03-metadata';
import { SaslHandshake } from '@klamm/protocol/api/17-sasl-handshake';
import { ApiVersions } from '@klamm/protocol/api/18-api-versions';
import { SaslAuthenticate } from '@klamm/protocol/api/36-sasl-authenticate';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { oauthBearerClient } from '@klamm/protocol/sasl/oauth-bearer';
import { plainClient } from '@klamm/protocol/sasl/plain';
import { scramClient } from '@klamm/protocol/sasl/scram-client';
import { startBroker } from '../broker.ts';
import { frame, RawClient } from '../testing/raw-client.ts';
import { logIn } from '../testing/sasl.ts';

const PLAIN_USERS =
  'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="a" user_bob="b";';

async function start(config: Readonly<Record<string, string>> = {}) {
  const lines: string[] = [];
  const log = (message: string): void => void lines.push(message);
  const broker = await startBroker({
    config: {
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
      'klamm.scram.users': 'ScramLoginModule required user_carol="c";',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': PLAIN_USERS,
      'connection.failed.authentication.delay.ms': '0',
      ...config,
    },
    logger: { debug: () => {}, info: () => {}, warn: log, error: log },
  });
  const clients: RawClient[] = [];
  return {
    lines,
    async open(): Promise<RawClient> {
      const client = await RawClient.open('127.0.0.1', broker.port);
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await broker.close();
    },
  };
}

type Session = Awaited<ReturnType<typeof start>>;

const alice = Buffer.from('\0alice\0a');
const mallory = Buffer.from('\0alice\0wrong');

const requests = {
  ApiVersions: async (client: RawClient) => {
    const body = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' };
    return (await client.request(ApiVersions, 3, body)).errorCode;
  },
  SaslHandshake: async (client: RawClient) =>
    (await client.request(SaslHandshake, 1, { mechanism: 'PLAIN' })).errorCode,
  SaslAuthenticate: async (client: RawClient) =>
    (await client.request(SaslAuthenticate, 2, { authBytes: alice })).errorCode,
  Metadata: async (client: RawClient) =>
    (await client.request(Metadata, 12, { topics: [] })).brokers.length === 1 ? ErrorCode.NONE : -1,
};

const states = {
  fresh: async () => {},
  'after a handshake': requests.SaslHandshake,
  in: async (client: RawClient) => {
    assert.equal((await logIn(client, plainClient('alice', 'a'))).errorCode, ErrorCode.NONE);
  },
} as const;

const CLOSED = 'closed';
const { NONE, ILLEGAL_SASL_STATE } = ErrorCode;
const table: Record<keyof typeof states, Record<keyof typeof requests, number | typeof CLOSED>> = {
  fresh: { ApiVersions: NONE, SaslHandshake: NONE, SaslAuthenticate: CLOSED, Metadata: CLOSED },
  'after a handshake': {
    ApiVersions: CLOSED,
    SaslHandshake: CLOSED,
    SaslAuthenticate: NONE,
    Metadata: CLOSED,
  },
  in: { ApiVersions: NONE, SaslHandshake: NONE, SaslAuthenticate: ILLEGAL_SASL_STATE, Metadata: NONE },
};

test('what may be asked when', async (t) => {
  await using broker = await start();
  for (const [state, row] of Object.entries(table)) {
    for (const [request, outcome] of Object.entries(row)) {
      await t.test(`${state}: ${request}`, async () => {
        const client = await broker.open();
        await states[state as keyof typeof states](client);
        const asked = requests[request as keyof typeof requests](client);
        if (outcome === CLOSED) await assert.rejects(asked, /closed the connection/);
        else assert.equal(await asked, outcome);
      });
    }
  }
});

test('who asks too early is told of in one line, and others are served', async () => {
  await using broker = await start();
  const early = await broker.open();
  await assert.rejects(early.request(Metadata, 12, { topics: [] }));
  assert.equal(broker.lines.length, 1);
  assert.match(`${broker.lines}`, /API 3 before it had logged in/);
  const client = await broker.open();
  await states.in(client);
  assert.equal(await requests.Metadata(client), NONE);
});

test('a mechanism that is not offered is refused with those that are, and the connection is closed', async () => {
  await using broker = await start();
  const client = await broker.open();
  const answer = await client.request(SaslHandshake, 1, { mechanism: 'GSSAPI' });
  assert.equal(answer.errorCode, ErrorCode.UNSUPPORTED_SASL_MECHANISM);
  assert.deepEqual(answer.mechanisms, ['PLAIN', 'SCRAM-SHA-256']);
  await assert.rejects(requests.SaslHandshake(client));
});

async function refusal(broker: Session, sasl: Parameters<typeof logIn>[1]) {
  const client = await broker.open();
  const answer = await logIn(client, sasl);
  await assert.rejects(requests.Metadata(client), 'nothing is taken after a login that failed');
  return answer;
}

for (const [mechanism, wrong, nobody] of [
  ['PLAIN', plainClient('alice', 'wrong'), plainClient('nobody', 'wrong')],
  ['SCRAM', scramClient('SCRAM-SHA-256', 'carol', 'no'), scramClient('SCRAM-SHA-256', 'nobody', 'no')],
] as const) {
  test(`${mechanism}: a wrong password and a user that there is not are answered alike`, async () => {
    await using broker = await start();
    const answers = [await refusal(broker, wrong), await refusal(broker, nobody)];
    assert.deepEqual(answers[0], answers[1]);
    assert.equal(answers[0]?.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
    assert.equal(broker.lines.length, 2, 'one line each');
    assert.doesNotMatch(`${broker.lines}`, /wrong"/, 'no password is told');
  });
}

test('what clients call themselves cannot write lines of the log, or fill it', async () => {
  await using broker = await start();
  await refusal(broker, plainClient('x\nERROR all is lost\u001b[2J\u0085', 'y'));
  await refusal(broker, plainClient('x'.repeat(10_000), 'y'));
  for (const line of broker.lines) {
    assert.doesNotMatch(line, /\p{C}/u);
    assert.ok(line.length < 400, line);
  }
  assert.match(`${broker.lines[0]}`, /x\\u\{a\}ERROR/);
});

test('after a handshake of version 0 tokens come without requests around them', async () => {
  await using broker = await start();
  const client = await broker.open();
  await client.request(SaslHandshake, 0, { mechanism: 'PLAIN' });
  assert.equal((await client.send(framed(alice))).length, 0);
  assert.equal(await requests.Metadata(client), NONE);

  const scram = scramClient('SCRAM-SHA-256', 'carol', 'c');
  const second = await broker.open();
  await second.request(SaslHandshake, 0, { mechanism: 'SCRAM-SHA-256' });
  const challenge = await second.send(framed((await scram.next(null)) ?? alice));
  const proof = await second.send(framed((await scram.next(challenge)) ?? alice));
  assert.equal(await scram.next(proof), null);
  assert.equal(await requests.Metadata(second), NONE);

  const wrong = await broker.open();
  await wrong.request(SaslHandshake, 0, { mechanism: 'PLAIN' });
  await assert.rejects(wrong.send(framed(mallory)));
});

test('a token of four bytes is one too', async () => {
  await using broker = await start({
    'listener.name.sasl_plaintext.plain.sasl.jaas.config': 'x.PlainLoginModule required user_a="b";',
  });
  const client = await broker.open();
  await client.request(SaslHandshake, 0, { mechanism: 'PLAIN' });
  assert.equal((await client.send(framed(Buffer.from('\0a\0b')))).length, 0);
});

function framed(token: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(token.length);
  return Buffer.concat([length, token]);
}

test('nothing that comes with the handshake is taken before the login is judged', async () => {
  await using broker = await start();
  const client = await broker.open();
  const answers = [
    client.request(SaslHandshake, 1, { mechanism: 'PLAIN' }),
    client.request(SaslAuthenticate, 2, { authBytes: mallory }),
    client.request(Metadata, 12, { topics: [] }),
  ] as const;
  const [, login, metadata] = await Promise.allSettled(answers);
  assert.equal(login.status === 'fulfilled' && login.value.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
  assert.equal(metadata.status, 'rejected');
});

test('before the login a request may be no larger than a token', async () => {
  await using broker = await start({ 'sasl.server.max.receive.size': '1000' });
  const client = await broker.open();
  await assert.rejects(client.send(frame(SaslHandshake, 1, { mechanism: 'P'.repeat(2000) })));
  assert.match(`${broker.lines}`, /sasl\.server\.max\.receive\.size/);
  const other = await broker.open();
  await states.in(other);
  const topics = Array.from({ length: 200 }, (_, i) => ({ name: `a-topic-${i}` }));
  assert.equal((await other.request(Metadata, 12, { topics })).topics.length, 200);
});

test('a login holds no longer than connections.max.reauth.ms, and is renewed by the same user and mechanism', async () => {
  await using broker = await start({ 'connections.max.reauth.ms': '60000' });
  const client = await broker.open();
  const first = await logIn(client, plainClient('alice', 'a'));
  assert.ok(first.sessionLifetimeMs > 0 && first.sessionLifetimeMs <= 60_000);
  const second = await logIn(client, plainClient('alice', 'a'));
  assert.equal(second.errorCode, NONE);
  assert.equal(await requests.Metadata(client), NONE);
  const asBob = await logIn(client, plainClient('bob', 'b'));
  assert.equal(asBob.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
  assert.match(`${asBob.errorMessage}`, /Cannot change principals/);
  await assert.rejects(requests.Metadata(client));
});

test('whoever comes back after its login has expired is shut out, unless it logs in first', async () => {
  await using broker = await start({ 'connections.max.reauth.ms': '1' });
  const late = await broker.open();
  await states.in(late);
  // A login again takes longer than the first one holds.
  const other = await broker.open();
  await logIn(other, scramClient('SCRAM-SHA-256', 'carol', 'c'));
  await assert.rejects(requests.Metadata(late));
  assert.match(`${broker.lines}`, /after its login had expired/);
  assert.equal((await logIn(other, scramClient('SCRAM-SHA-256', 'carol', 'c'))).errorCode, NONE);
});

test('many logins that fail at a time are answered late, all of them, while others are served', async () => {
  await using broker = await start({ 'connection.failed.authentication.delay.ms': '300' });
  const failing = Array.from({ length: 50 }, async () => refusal(broker, plainClient('alice', 'no')));
  const client = await broker.open();
  let answered = 0;
  for (const each of failing) void each.then(() => answered++);
  await states.in(client);
  assert.equal(await requests.Metadata(client), NONE);
  assert.equal(answered, 0, 'a good login does not wait for the bad ones');
  await Promise.all(failing);
});

test('unsecured tokens name who is there only where the listener asks for such tokens', async () => {
  await assert.rejects(start({ 'sasl.enabled.mechanisms': 'OAUTHBEARER' }), { code: 'INVALID_CONFIG' });
  await using broker = await start({
    'sasl.enabled.mechanisms': 'OAUTHBEARER',
    'listener.name.sasl_plaintext.oauthbearer.sasl.jaas.config':
      'x.OAuthBearerLoginModule required unsecuredValidatorAllowableClockSkewMs="3000";',
  });
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1000);
  const token = `${part({ alg: 'none' })}.${part({ sub: 'dave', iat: seconds, exp: seconds + 60 })}.`;
  const client = await broker.open();
  const answer = await logIn(client, oauthBearerClient(token));
  assert.equal(answer.errorCode, NONE);
  assert.ok(answer.sessionLifetimeMs > 0 && answer.sessionLifetimeMs <= 60_000);
  const bad = await refusal(broker, oauthBearerClient('abc'));
  assert.equal(bad.errorMessage, '{"status":"invalid_token"}');
});

test('users can be given to a broker in code', async () => {
  await using broker = await startBroker({ port: 0, users: { erin: 'with "quotes"; and \\' } });
  for (const sasl of [
    plainClient('erin', 'with "quotes"; and \\'),
    scramClient('SCRAM-SHA-512', 'erin', 'with "quotes"; and \\'),
  ]) {
    const client = await RawClient.open('127.0.0.1', broker.port);
    assert.equal((await logIn(client, sasl)).errorCode, NONE);
    client.close();
  }
});

for (const [what, config, message] of [
  [
    'users of PLAIN for another listener',
    { listeners: 'OTHER://127.0.0.1:0', 'listener.security.protocol.map': 'OTHER:SASL_PLAINTEXT' },
    /nobody is a user/,
  ],
  ['a mechanism that Klamm does not have', { 'sasl.enabled.mechanisms': 'GSSAPI' }, /GSSAPI/],
  ['no mechanism', { 'sasl.enabled.mechanisms': '' }, /sasl\.enabled\.mechanisms/],
] as const) {
  test(`a broker does not start with ${what}`, async () => {
    await assert.rejects(start(config), (error: Error) => message.test(error.message));
  });
}
