// Quotas on a clock that is moved by hand: which of them holds for a client, and that nobody gets more than it allows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import fc from 'fast-check';
import { BrokerSettings } from '../config/settings.ts';
import { partsOf, type QuotaEntity, QuotaImage } from '../metadata/quota-image.ts';
import { Quotas } from './quotas.ts';

type Given = readonly (readonly [QuotaEntity, Readonly<Record<string, number>>])[];

function imageOf(given: Given): QuotaImage {
  const image = new QuotaImage();
  for (const [entity, values] of given) {
    for (const [key, value] of Object.entries(values))
      image.replay({ entity: partsOf(entity), key, value, remove: false });
  }
  return image;
}

function quotasOf(given: Given) {
  let now = 1_000_000;
  const clock = { ...systemClock, monotonic: () => now };
  const image = imageOf(given);
  const quotas = new Quotas(image, BrokerSettings.from([]), clock);
  return {
    image,
    quotas,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const alice = { user: 'alice', clientId: 'app' };

test('the most particular quota holds, a user before a client id', () => {
  const order: QuotaEntity[] = [
    { user: 'alice', clientId: 'app' },
    { user: 'alice', clientId: null },
    { user: 'alice' },
    { user: null, clientId: 'app' },
    { user: null, clientId: null },
    { user: null },
    { clientId: 'app' },
    { clientId: null },
  ];
  for (let i = 0; i < order.length; i++) {
    const image = imageOf(order.slice(i).map((entity, at) => [entity, { producer_byte_rate: 100 + i + at }]));
    assert.equal(
      image.ofClient('producer_byte_rate', 'alice', 'app')?.limit,
      100 + i,
      JSON.stringify(order[i]),
    );
  }
  const others = imageOf(order.slice(0, 3).map((entity) => [entity, { producer_byte_rate: 1 }]));
  assert.equal(others.ofClient('producer_byte_rate', 'bob', 'app'), undefined);
  assert.equal(others.ofClient('consumer_byte_rate', 'alice', 'app'), undefined);
});

test('a quota that is removed holds no more, and one of nobody costs nothing', () => {
  const { image, quotas } = quotasOf([[{ user: 'alice' }, { producer_byte_rate: 1, request_percentage: 1 }]]);
  assert.deepEqual([quotas.isActive, quotas.measuresTime], [true, true]);
  image.replay({ entity: partsOf({ user: 'alice' }), key: 'request_percentage', value: 0, remove: true });
  assert.deepEqual([quotas.isActive, quotas.measuresTime], [true, false]);
  image.replay({ entity: partsOf({ user: 'alice' }), key: 'producer_byte_rate', value: 0, remove: true });
  assert.equal(quotas.isActive, false);
  assert.equal(quotas.use('producer_byte_rate', alice, 1e9), 0);
});

test('who has been silent may send what all windows allow, and is sent away for what goes beyond', () => {
  const { quotas, pass } = quotasOf([[{ user: 'alice' }, { producer_byte_rate: 1000 }]]);
  assert.equal(quotas.use('producer_byte_rate', alice, 10_000), 0, 'ten seconds of it');
  assert.equal(quotas.use('producer_byte_rate', alice, 5_000), 5_000, 'five seconds too much');
  pass(11_000);
  assert.equal(quotas.excess('producer_byte_rate', alice), 0, 'all windows have passed');
});

test('all clients of a user share the quota of the user; those of a client id that of the id', () => {
  const { quotas } = quotasOf([
    [{ user: 'alice' }, { producer_byte_rate: 1000 }],
    [{ clientId: 'shared' }, { consumer_byte_rate: 1000 }],
    [{ user: null, clientId: null }, { request_percentage: 1 }],
  ]);
  quotas.use('producer_byte_rate', { user: 'alice', clientId: 'one' }, 10_000);
  assert.ok(quotas.use('producer_byte_rate', { user: 'alice', clientId: 'two' }, 1000) > 0);
  quotas.use('consumer_byte_rate', { user: 'bob', clientId: 'shared' }, 10_000);
  assert.ok(quotas.excess('consumer_byte_rate', { user: 'carol', clientId: 'shared' }) === 0);
  assert.ok(quotas.use('consumer_byte_rate', { user: 'carol', clientId: 'shared' }, 1000) > 0);
  quotas.use('request_percentage', { user: 'bob', clientId: 'one' }, 1000);
  assert.equal(quotas.excess('request_percentage', { user: 'bob', clientId: 'two' }), 0, 'each for itself');
});

test('nobody is sent away for more than a window because of the time a request took', () => {
  const { quotas } = quotasOf([[{ user: 'alice' }, { request_percentage: 1 }]]);
  assert.equal(quotas.use('request_percentage', alice, 100_000), 1000);
});

test('over a long time nobody gets more than the quota and what the windows let through at first', () => {
  const uses = fc.array(
    fc.record({ amount: fc.integer({ min: 1, max: 5000 }), pause: fc.integer({ min: 0, max: 3000 }) }),
    { minLength: 50, maxLength: 200 },
  );
  fc.assert(
    fc.property(uses, (steps) => {
      const limit = 1000;
      const { quotas, pass } = quotasOf([[{ user: 'alice' }, { producer_byte_rate: limit }]]);
      let [elapsed, total, largest] = [0, 0, 0];
      for (const { amount, pause } of steps) {
        total += amount;
        largest = Math.max(largest, amount);
        // Whoever is sent away stays away: the connection is not read from.
        const wait = quotas.use('producer_byte_rate', alice, amount) + pause;
        // The last one's time away is yet to come.
        assert.ok(total <= (limit * elapsed) / 1000 + 10 * limit + 2 * largest, `${total} in ${elapsed} ms`);
        pass(wait);
        elapsed += wait;
      }
    }),
  );
});

test('changes are refused while the client owes for earlier ones, where it knows the refusal; else they only take longer', () => {
  const { quotas, pass } = quotasOf([[{ user: 'alice' }, { controller_mutation_rate: 1 }]]);
  assert.deepEqual(
    quotas.change(alice, 11, true),
    { isRefused: false, throttleMs: 0 },
    'a burst of eleven windows',
  );
  assert.deepEqual(quotas.change(alice, 5, true), { isRefused: false, throttleMs: 5000 });
  assert.deepEqual(quotas.change(alice, 1, true), { isRefused: true, throttleMs: 5000 });
  assert.deepEqual(quotas.change(alice, 1, false), { isRefused: false, throttleMs: 6000 });
  pass(6000);
  assert.equal(quotas.change(alice, 1, true).isRefused, false);
});

test('a client that makes up client ids does not fill the memory', () => {
  const { quotas } = quotasOf([[{ clientId: null }, { producer_byte_rate: 1000 }]]);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 200_000; i++)
    quotas.use('producer_byte_rate', { user: 'eve', clientId: `made-up-${i}` }, 1);
  assert.ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
});
