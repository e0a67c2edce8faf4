// Which signed tokens are believed, row by row, and what happens when keys change or cannot be had.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { KeySet } from './key-set.ts';
import { keySetReader } from './key-set-source.ts';
import { judgeSignedToken, type SignedTokenOptions } from './signed-token.ts';

const NOW = 1_800_000_000_000;
const SECONDS = NOW / 1000;

interface Signer {
  readonly kid: string;
  readonly set: JSONWebKeySet;
  sign(payload: JWTPayload): Promise<string>;
}

async function signer(kid: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  return {
    kid,
    set: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }] },
    sign: (payload) => new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey),
  };
}

const known = await signer('one');
const stranger = await signer('one');

function keySetOf(read: () => Promise<JSONWebKeySet>, time = { ms: 0 }): KeySet {
  const clock = { ...systemClock, monotonic: () => time.ms };
  const backoff = { retryBackoffMs: 100, retryBackoffMaxMs: 10_000 };
  return new KeySet({ name: 'a set', read, refreshMs: 3_600_000, ...backoff, clock, logger: silentLogger });
}

const optionsOf = (keySet: KeySet, changes: Partial<SignedTokenOptions> = {}): SignedTokenOptions => ({
  keySet,
  clock: { ...systemClock, now: () => NOW },
  issuer: 'https://idp',
  audiences: ['kafka', 'klamm'],
  clockSkewSeconds: 30,
  scopeClaim: 'scope',
  subjectClaim: 'sub',
  ...changes,
});

const good: JWTPayload = {
  sub: 'alice',
  iss: 'https://idp',
  aud: 'klamm',
  iat: SECONDS - 10,
  exp: SECONDS + 60,
  scope: 'read',
};

async function verdict(token: string, changes: Partial<SignedTokenOptions> = {}) {
  return judgeSignedToken(
    token,
    optionsOf(
      keySetOf(async () => known.set),
      changes,
    ),
  );
}

test('a token in order says who is there, and for how long', async () => {
  assert.deepEqual(await verdict(await known.sign(good)), {
    identity: { name: 'alice', isTokenAuthenticated: false, expiresAtMs: (SECONDS + 60) * 1000 },
  });
});

const { exp: _exp, ...withoutEnd } = good;
const { iat: _iat, ...withoutBirth } = good;
for (const [what, payload, isTaken] of [
  ['whose end is within the skew of clocks', { ...good, exp: SECONDS - 20 }, true],
  ['whose end is over', { ...good, exp: SECONDS - 40 }, false],
  ['that is not good yet', { ...good, nbf: SECONDS + 40 }, false],
  ['without an end', withoutEnd, false],
  ['without a birth', withoutBirth, false],
  ['of another issuer', { ...good, iss: 'https://other' }, false],
  ['for another audience', { ...good, aud: 'elsewhere' }, false],
  ['for one audience of several', { ...good, aud: ['elsewhere', 'kafka'] }, true],
  ['without a user', { ...good, sub: ' ' }, false],
  ['whose user is no text', { ...good, sub: 7 as unknown as string }, false],
  ['with a list of scopes', { ...good, scope: ['a', 'b'] }, true],
  ['with scopes that are none', { ...good, scope: ['a', 7] }, false],
] as const) {
  test(`a token ${what} is ${isTaken ? 'taken' : 'refused'}`, async () => {
    assert.equal('identity' in (await verdict(await known.sign(payload as JWTPayload))), isTaken);
  });
}

test('the claim with the user can be another', async () => {
  const token = await known.sign({ ...good, preferred: 'al' });
  const found = await verdict(token, { subjectClaim: 'preferred' });
  assert.equal('identity' in found && found.identity.name, 'al');
});

test('a token that others signed, or nobody, or with the public key as a password, is refused', async () => {
  const publicKey = Buffer.from(JSON.stringify(known.set.keys[0]));
  const hashed = await new SignJWT(good).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(publicKey);
  const [header = '', body = ''] = (await known.sign(good)).split('.');
  for (const token of [
    await stranger.sign(good),
    new UnsecuredJWT(good).encode(),
    hashed,
    `${header}.${body}.`,
    `${header}.${Buffer.from('{"sub":"root"}').toString('base64url')}.AAAA`,
    'abc',
    '..',
  ]) {
    const found = await verdict(token);
    assert.ok('reason' in found, token);
    assert.doesNotMatch(found.reason, /alice|ey[A-Za-z0-9]{8}/, 'nothing of the token is told');
  }
});

test('a key that is new is looked for once in a while, and those that are known go on', async () => {
  const second = await signer('two');
  const time = { ms: 0 };
  let set = known.set;
  let reads = 0;
  const keySet = keySetOf(async () => {
    reads++;
    return set;
  }, time);
  const judge = async (by: Signer) =>
    'identity' in (await judgeSignedToken(await by.sign(good), optionsOf(keySet)));
  assert.equal(await judge(known), true);
  assert.equal(await judge(second), false);
  set = { keys: [...known.set.keys, ...second.set.keys] };
  assert.equal(await judge(second), false);
  assert.equal(reads, 1, 'whoever makes up keys does not make the broker ask for them');
  time.ms = 10_000;
  assert.equal(await judge(second), true);
  assert.equal(await judge(known), true);
  assert.equal(reads, 2);
});

test('where keys cannot be had nobody gets in, and they are asked for again after a wait that grows', async () => {
  const time = { ms: 0 };
  let reads = 0;
  let isDown = true;
  const keySet = keySetOf(async () => {
    reads++;
    if (isDown) throw new Error('down');
    return known.set;
  }, time);
  const judge = async () => 'identity' in (await judgeSignedToken(await known.sign(good), optionsOf(keySet)));
  for (const [ms, expected] of [
    [0, 1],
    [99, 1],
    [100, 2],
    [299, 2],
    [300, 3],
  ] as const) {
    time.ms = ms;
    assert.equal(await judge(), false);
    assert.equal(reads, expected, `at ${ms} ms`);
  }
  isDown = false;
  time.ms = 700;
  assert.equal(await judge(), true);
  isDown = true;
  time.ms = 10_000_000;
  assert.equal(await judge(), true, 'old keys are better than none');
});

test('keys come from a file, or from a server that answers with them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'klamm-jwks-'));
  try {
    const path = join(folder, 'keys.json');
    writeFileSync(path, JSON.stringify(known.set));
    assert.equal((await keySetReader(pathToFileURL(path).href, systemClock)()).keys.length, 1);
    writeFileSync(path, '{"keys": 1}');
    assert.throws(() => keySetReader(pathToFileURL(path).href, systemClock), { code: 'INVALID_CONFIG' });
    assert.throws(() => keySetReader(`${pathToFileURL(path).href}.not`, systemClock), {
      code: 'INVALID_CONFIG',
    });
    assert.throws(() => keySetReader('ftp://idp/keys', systemClock), { code: 'INVALID_CONFIG' });
  } finally {
    rmSync(folder, { recursive: true });
  }

  const server = createServer((request, response) => {
    switch (request.url) {
      case '/keys':
        return response.end(JSON.stringify(known.set));
      case '/moved':
        return response.writeHead(302, { location: '/keys' }).end();
      case '/huge':
        return response.end(Buffer.alloc(2 * 1024 * 1024, ' '));
      default:
        return response.writeHead(500).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    assert.equal((await keySetReader(`${at}/keys`, systemClock)()).keys.length, 1);
    await assert.rejects(keySetReader(`${at}/broken`, systemClock)(), /500/);
    await assert.rejects(keySetReader(`${at}/huge`, systemClock)(), /bytes/);
    await assert.rejects(keySetReader(`${at}/moved`, systemClock)());
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
