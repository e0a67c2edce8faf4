// Both halves of SCRAM against the examples of its RFCs, against each other, and against what should not come.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SaslClient, SaslServer, SaslStep } from './exchange.ts';
import { scramClient } from './scram-client.ts';
import {
  clientProof,
  credentialOf,
  type ScramCredential,
  type ScramMechanism,
  saltedPassword,
} from './scram-keys.ts';
import { readClientFinal, readClientFirst, readServerFinal, readServerFirst } from './scram-messages.ts';
import { scramServer } from './scram-server.ts';

const pepper = randomBytes(32);

async function credential(
  mechanism: ScramMechanism,
  password: string,
  salt: Buffer,
): Promise<ScramCredential> {
  return credentialOf(mechanism, await saltedPassword(mechanism, password, salt, 4096), salt, 4096);
}

function server(mechanism: ScramMechanism, name: string, known: ScramCredential): SaslServer {
  const identity = { name, isTokenAuthenticated: false };
  const find = (asked: string) => (asked === name ? { credential: known, identity } : undefined);
  return scramServer(mechanism, { find, pepper });
}

/** Lets both talk until one is through. */
async function talk(client: SaslClient, broker: SaslServer): Promise<SaslStep> {
  let message = await client.next(null);
  for (;;) {
    assert.ok(message !== null, 'the client has nothing more to say, but the broker waits');
    const step = await broker.evaluate(message);
    if (step.kind === 'failed') return step;
    message = await client.next(step.challenge);
    if (step.kind === 'done') {
      assert.equal(message, null);
      return step;
    }
  }
}

test('the example of RFC 7677 is reproduced, message by message', async () => {
  const client = scramClient('SCRAM-SHA-256', 'user', 'pencil', { nonce: 'rOprNGfwEbeRWgbNEkqO' });
  assert.equal(`${await client.next(null)}`, 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
  const challenge = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
  assert.equal(
    `${await client.next(Buffer.from(challenge))}`,
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  );
  const final = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';
  assert.equal(await client.next(Buffer.from(final)), null);
});

for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
  test(`${mechanism}: whoever has the password gets in, with any name and any password`, async () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((it) => !it.includes('\0'));
    await fc.assert(
      fc.asyncProperty(text, text, async (name, password) => {
        const known = await credential(mechanism, password, randomBytes(16));
        const step = await talk(scramClient(mechanism, name, password), server(mechanism, name, known));
        assert.equal(step.kind === 'done' && step.identity.name, name);
      }),
      { numRuns: 25 },
    );
  });

  test(`${mechanism}: a wrong password and a user that there is not are refused alike`, async () => {
    const known = await credential(mechanism, 'right', randomBytes(16));
    const broker = () => server(mechanism, 'alice', known);
    const wrong = await talk(scramClient(mechanism, 'alice', 'wrong'), broker());
    const nobody = await talk(scramClient(mechanism, 'bob', 'right'), broker());
    assert.ok(wrong.kind === 'failed' && nobody.kind === 'failed');
    assert.notEqual(wrong.said, undefined);
    assert.equal(wrong.said, nobody.said);
    assert.doesNotMatch(`${wrong.said}${wrong.reason}`, /right|wrong"/);
  });
}

test('a user that there is not is given the same salt each time, and another than the next', async () => {
  const known = await credential('SCRAM-SHA-256', 'x', randomBytes(16));
  const saltOf = async (name: string) => {
    const first = await scramClient('SCRAM-SHA-256', name, 'x').next(null);
    const step = await server('SCRAM-SHA-256', 'alice', known).evaluate(first ?? Buffer.alloc(0));
    return step.kind === 'continues' ? readServerFirst(step.challenge)?.salt.toString('hex') : undefined;
  };
  assert.ok(await saltOf('nobody'));
  assert.equal(await saltOf('nobody'), await saltOf('nobody'));
  assert.notEqual(await saltOf('nobody'), await saltOf('somebody'));
});

test('a delegation token logs in by its id, and says so', async () => {
  const known = await credential('SCRAM-SHA-256', 'hmac', randomBytes(16));
  const identity = { name: 'owner', isTokenAuthenticated: true };
  const asked: unknown[] = [];
  const broker = scramServer('SCRAM-SHA-256', {
    pepper,
    find: (name, isToken) => {
      asked.push([name, isToken]);
      return { credential: known, identity };
    },
  });
  const step = await talk(scramClient('SCRAM-SHA-256', 'token-id', 'hmac', { isToken: true }), broker);
  assert.deepEqual(asked, [['token-id', true]]);
  assert.deepEqual(step.kind === 'done' && step.identity, identity);
});

test('a client believes no broker that does not know its password, or answers out of turn', async () => {
  const answers = async (...challenges: ((nonce: string) => string)[]) => {
    const client = scramClient('SCRAM-SHA-256', 'alice', 'secret', { nonce: 'abc' });
    await client.next(null);
    for (const challenge of challenges) await client.next(Buffer.from(challenge('abc')));
  };
  const sound = (nonce: string) => `r=${nonce}def,s=c2FsdA==,i=4096`;
  const refused = { code: 'SASL_AUTHENTICATION_FAILED' };
  await assert.rejects(
    answers(() => 'r=other,s=c2FsdA==,i=4096'),
    refused,
  );
  await assert.rejects(
    answers((nonce) => `r=${nonce},s=c2FsdA==,i=4096`),
    refused,
    'no nonce of its own',
  );
  await assert.rejects(
    answers((nonce) => `r=${nonce}def,s=c2FsdA==,i=1`),
    refused,
    'too weak',
  );
  await assert.rejects(
    answers((nonce) => `r=${nonce}def,s=c2FsdA==,i=999999999`),
    refused,
    'too much work',
  );
  await assert.rejects(
    answers(() => 'nonsense'),
    refused,
  );
  await assert.rejects(
    answers(sound, () => 'v=AAAA'),
    refused,
    'a false signature',
  );
  await assert.rejects(
    answers(sound, () => 'e=other-error'),
    /other-error/,
  );
});

test('a broker takes no message twice, none of another login, and nobody who acts for another', async () => {
  const known = await credential('SCRAM-SHA-256', 'secret', randomBytes(16));
  const broker = () => server('SCRAM-SHA-256', 'alice', known);
  const done = broker();
  assert.equal((await talk(scramClient('SCRAM-SHA-256', 'alice', 'secret'), done)).kind, 'done');
  assert.equal((await done.evaluate(Buffer.from('n,,n=alice,r=abc'))).kind, 'failed');

  const other = broker();
  await other.evaluate(Buffer.from('n,,n=alice,r=abc'));
  assert.equal((await other.evaluate(Buffer.from('c=biws,r=abcxyz,p=AAAA'))).kind, 'failed');

  assert.equal((await broker().evaluate(Buffer.from('n,a=root,n=alice,r=abc'))).kind, 'failed');
  assert.equal((await broker().evaluate(Buffer.from('y,,n=alice,r=abc'))).kind, 'failed');
  assert.equal((await broker().evaluate(Buffer.from('p=tls-unique,,n=alice,r=abc'))).kind, 'failed');
});

test('the nonce of older librdkafka, its own part twice, is taken, and is part of what is proved', async () => {
  const known = await credential('SCRAM-SHA-256', 'secret', randomBytes(16));
  const first = 'n=alice,r=abc';
  const answer = async (nonceOf: (nonce: string) => string): Promise<SaslStep> => {
    const broker = server('SCRAM-SHA-256', 'alice', known);
    const step = await broker.evaluate(Buffer.from(`n,,${first}`));
    assert.ok(step.kind === 'continues');
    const challenge = readServerFirst(step.challenge);
    assert.ok(challenge);
    const withoutProof = `c=biws,r=${nonceOf(challenge.nonce)}`;
    const salted = await saltedPassword('SCRAM-SHA-256', 'secret', known.salt, known.iterations);
    const proof = clientProof('SCRAM-SHA-256', salted, `${first},${challenge.text},${withoutProof}`);
    return broker.evaluate(Buffer.from(`${withoutProof},p=${proof.toString('base64')}`));
  };
  assert.equal((await answer((nonce) => nonce)).kind, 'done');
  assert.equal((await answer((nonce) => `abc${nonce}`)).kind, 'done');
  assert.equal((await answer((nonce) => `${nonce}x`)).kind, 'failed');
  assert.equal((await answer((nonce) => `x${nonce}`)).kind, 'failed');
  assert.equal((await answer(() => 'abc')).kind, 'failed');
});

test('no bytes make a reader of messages throw', () => {
  const pieces = [
    'n,,',
    'n=',
    'r=',
    's=',
    'i=',
    'c=',
    'p=',
    'v=',
    'e=',
    'a=',
    ',',
    '=2C',
    '=',
    'biws',
    'abc',
    '4096',
    '\0',
  ];
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    fc.array(fc.constantFrom(...pieces), { maxLength: 16 }).map((parts) => Buffer.from(parts.join(''))),
  );
  fc.assert(
    fc.property(message, (bytes) => {
      readClientFirst(bytes);
      readServerFirst(bytes);
      readClientFinal(bytes);
      readServerFinal(bytes);
    }),
  );
  assert.equal(readClientFirst(Buffer.alloc(1024 * 1024, 'n')), undefined);
});
