// How long delegation tokens hold, and who may change that.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { decodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import { MetadataImage } from './image.ts';
import { createToken, expiredTokenRecords, expireToken, renewToken } from './token-changes.ts';
import type { DelegationToken } from './token-image.ts';

const limits = { maxLifetimeMs: 1000, expiryTimeMs: 100 };
const people = { owner: 'User:alice', requester: 'User:admin', renewers: ['User:bob'] };
const BORN = 5000;

const born = (maxLifetimeMs = -1): DelegationToken =>
  createToken({ ...people, maxLifetimeMs }, limits, BORN).token;

test('a token holds as long as the settings say, or shorter where that is asked for', () => {
  const { record, token } = createToken({ ...people, maxLifetimeMs: -1 }, limits, BORN);
  assert.deepEqual([token.issueTimestamp, token.expirationTimestamp, token.maxTimestamp], [5000, 5100, 6000]);
  const image = new MetadataImage();
  image.replay(decodeMetadata(record), 0);
  assert.deepEqual({ ...image.tokens.get(token.tokenId) }, token);
  assert.deepEqual([born(50).expirationTimestamp, born(50).maxTimestamp], [5050, 5050]);
  assert.equal(born(5000).maxTimestamp, 6000);
  const forEver = { maxLifetimeMs: Number.MAX_SAFE_INTEGER, expiryTimeMs: Number.MAX_SAFE_INTEGER };
  const { token: old } = createToken({ ...people, maxLifetimeMs: -1 }, forEver, BORN);
  assert.equal(old.expirationTimestamp, Number.MAX_SAFE_INTEGER);
});

const outcomeOf = (outcome: ReturnType<typeof renewToken>): number | string =>
  typeof outcome === 'number' ? outcome : `until ${outcome.expiryTimestamp}`;

for (const [what, who, periodMs, now, outcome] of [
  ['by its owner', 'User:alice', -1, 5050, 'until 5150'],
  ['by a renewer, for less', 'User:bob', 20, 5050, 'until 5070'],
  ['for longer than allowed', 'User:bob', 5000, 5050, 'until 5150'],
  ['by who asked for it', 'User:admin', -1, 5050, ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH],
  ['too late', 'User:alice', -1, 5101, ErrorCode.DELEGATION_TOKEN_EXPIRED],
] as const) {
  test(`a token is renewed ${what}`, () => {
    assert.equal(outcomeOf(renewToken(born(), who, periodMs, limits, now)), outcome);
  });
}

test('renewing again and again ends when a token was made to end', () => {
  const token = { ...born(), expirationTimestamp: 5990 };
  assert.equal(outcomeOf(renewToken(token, 'User:alice', -1, limits, 5950)), 'until 6000');
});

for (const [what, who, periodMs, now, outcome] of [
  ['at once', 'User:bob', -1, 5050, 'until 5050'],
  ['at once, though its time is over', 'User:alice', -1, 5500, 'until 5500'],
  ['later', 'User:alice', 600, 5050, 'until 5650'],
  ['no later than it was made for', 'User:alice', 60000, 5050, 'until 6000'],
  ['too late to change its mind', 'User:alice', 10, 5500, ErrorCode.DELEGATION_TOKEN_EXPIRED],
  ['by a stranger', 'User:eve', -1, 5050, ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH],
] as const) {
  test(`a token is ended ${what}`, () => {
    assert.equal(outcomeOf(expireToken(born(), who, periodMs, now)), outcome);
  });
}

test('a token that there is not is told from all others', () => {
  assert.equal(expireToken(undefined, 'User:alice', -1, 0), ErrorCode.DELEGATION_TOKEN_NOT_FOUND);
  assert.equal(renewToken(undefined, 'User:alice', -1, limits, 0), ErrorCode.DELEGATION_TOKEN_NOT_FOUND);
});

test('only what has expired is swept away', () => {
  const image = new MetadataImage();
  const [soon, late] = [born(50), born()];
  image.tokens.set(soon);
  image.tokens.set(late);
  for (const record of expiredTokenRecords(image.tokens, 5051)) image.replay(decodeMetadata(record), 0);
  assert.deepEqual([...image.tokens.all()], [late]);
});
