import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { usePeer } from './peers.ts';

const original = process.env.KLAMM_PEERS;
after(() => {
  if (original === undefined) delete process.env.KLAMM_PEERS;
  else process.env.KLAMM_PEERS = original;
});

const missing = async (): Promise<never> => {
  throw new Error('kcat is not installed');
};

test('a missing peer is a reason to skip', async () => {
  delete process.env.KLAMM_PEERS;
  assert.equal((await usePeer(missing)).skip, 'kcat is not installed');
});

test('a missing peer that is required skips nothing and fails where it is used', async () => {
  process.env.KLAMM_PEERS = 'require';
  const peer = await usePeer(missing);
  assert.equal(peer.skip, false);
  assert.throws(() => peer.get(), /kcat is not installed/);
});

test('a peer that is there is used', async () => {
  const peer = await usePeer(async () => 'kcat');
  assert.equal(peer.skip, false);
  assert.equal(peer.get(), 'kcat');
});
