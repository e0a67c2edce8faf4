// Where passwords and tokens come from, how often they are asked for, and what is said where there is none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '@klamm/base/clock';
import type { BearerToken } from './options.ts';
import { saslLogin } from './sasl-login.ts';

const BROKER = { host: 'kafka.example', port: 9094 };

function stillClock(): Clock & { pass(ms: number): void } {
  let now = 1_000_000;
  return {
    ...systemClock,
    now: () => now,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

/** A login by tokens, and how often one was asked for. */
function byToken(clock: Clock, give: (count: number) => BearerToken | Promise<BearerToken>) {
  let count = 0;
  const login = saslLogin({ mechanism: 'oauthbearer', token: () => give(++count) }, clock);
  const first = async (): Promise<string> => `${await (await login.start(BROKER)).next(null)}`;
  return { first, asked: () => count };
}

const jwt = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;

test('a token is used for most of its life, and a new one before the end of it', async () => {
  const clock = stillClock();
  const tokens = byToken(clock, (count) => ({
    value: `token-${count}`,
    expiresAtMs: clock.now() + 10_000,
  }));
  assert.match(await tokens.first(), /Bearer token-1/);
  clock.pass(7_999);
  assert.match(await tokens.first(), /Bearer token-1/);
  clock.pass(1);
  assert.match(await tokens.first(), /Bearer token-2/);
  assert.equal(tokens.asked(), 2);
});

test('how long a token lasts is read off it, where nobody says', async () => {
  const clock = stillClock();
  const tokens = byToken(clock, () => ({ value: jwt({ exp: clock.now() / 1000 + 100 }) }));
  await tokens.first();
  clock.pass(79_999);
  await tokens.first();
  assert.equal(tokens.asked(), 1);
  clock.pass(1);
  await tokens.first();
  assert.equal(tokens.asked(), 2);
});

for (const value of ['opaque', 'a.b.c', jwt({ sub: 'alice' })]) {
  test(`"${value.slice(0, 12)}" says nothing of how long it lasts: it is for one login`, async () => {
    const tokens = byToken(stillClock(), () => ({ value }));
    await tokens.first();
    await tokens.first();
    assert.equal(tokens.asked(), 2);
  });
}

test('connections that open at the same time share one question', async () => {
  const clock = stillClock();
  const tokens = byToken(clock, async () => ({ value: 'shared', expiresAtMs: clock.now() + 1000 }));
  await Promise.all([tokens.first(), tokens.first(), tokens.first()]);
  assert.equal(tokens.asked(), 1);
});

test('where none is given, the cause is said, and the next login asks again', async () => {
  const clock = stillClock();
  const tokens = byToken(clock, (count) => {
    if (count === 1) throw new Error('the provider is away');
    return { value: 'late', expiresAtMs: clock.now() + 1000 };
  });
  await assert.rejects(tokens.first(), {
    code: 'SASL_AUTHENTICATION_FAILED',
    message: 'There is nothing to log in with: `sasl.token` threw the provider is away',
  });
  assert.match(await tokens.first(), /Bearer late/);
});

test('functions that give nothing are said to', async () => {
  const nothing = byToken(stillClock(), () => undefined as unknown as BearerToken);
  await assert.rejects(nothing.first(), { message: /`sasl\.token` did not give \{ value \}/ });
  const password = (() => undefined) as unknown as () => string;
  const login = saslLogin({ mechanism: 'plain', username: 'alice', password }, systemClock);
  await assert.rejects(login.start(BROKER), { message: /`sasl\.password` did not give a text/ });
});

test('extensions go with the token', async () => {
  const tokens = byToken(stillClock(), () => ({ value: 'x', extensions: { logicalCluster: 'lkc-1' } }));
  assert.match(await tokens.first(), /logicalCluster=lkc-1/);
});

test('a password is asked for at each login', async () => {
  let count = 0;
  const login = saslLogin(
    { mechanism: 'plain', username: 'alice', password: async () => `secret-${++count}` },
    systemClock,
  );
  const said: string[] = [];
  for (let i = 0; i < 2; i++) said.push(`${await (await login.start(BROKER)).next(null)}`);
  assert.deepEqual(said, ['\0alice\0secret-1', '\0alice\0secret-2']);
});

test('an exchange of its own is told which broker it is for', async () => {
  const asked: unknown[] = [];
  const login = saslLogin(
    {
      mechanism: 'CUSTOM',
      client: (broker) => {
        asked.push(broker);
        return { mechanism: 'CUSTOM', next: () => null };
      },
    },
    systemClock,
  );
  await login.start(BROKER);
  assert.deepEqual([login.mechanism, asked], ['CUSTOM', [BROKER]]);
});
