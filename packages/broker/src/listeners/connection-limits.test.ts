// Limits of connections, row by row, on a clock that stands still unless it is moved.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { BrokerSettings } from '../config/settings.ts';
import { ConnectionQuotas } from './connection-limits.ts';

function quotas(
  settings: Readonly<Record<string, string>>,
  rateOf?: (address: string) => number | undefined,
) {
  const entries = Object.entries(settings).map(([name, value]) => ({ name, value, source: 'test' }));
  let now = 100_000;
  const clock = { ...systemClock, monotonic: () => now };
  const of = new ConnectionQuotas(BrokerSettings.from(entries), clock, rateOf);
  const admit = (listener = 'A', address = '10.0.0.1') => {
    const admission = of.admit(listener, address);
    return 'refusedBy' in admission ? admission.refusedBy : admission.delayMs;
  };
  return {
    admit,
    release: (listener = 'A', address = '10.0.0.1') => of.release(listener, address),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('the broker, a listener and an address have limits of their own; who leaves makes room', () => {
  const { admit, release } = quotas({
    'max.connections': '4',
    'listener.name.b.max.connections': '1',
    'max.connections.per.ip': '2',
    'max.connections.per.ip.overrides': '10.0.0.9:1,10.0.0.8:0',
  });
  assert.deepEqual([admit(), admit()], [0, 0]);
  assert.equal(admit(), 'max.connections.per.ip');
  assert.equal(admit('B', '10.0.0.2'), 0);
  assert.equal(admit('B', '10.0.0.3'), 'listener.name.b.max.connections');
  assert.equal(admit('A', '10.0.0.9'), 0);
  assert.equal(admit('A', '10.0.0.9'), 'max.connections.per.ip');
  assert.equal(admit('A', '10.0.0.8'), 'max.connections.per.ip');
  assert.equal(admit('A', '10.0.0.4'), 'max.connections');
  release('B', '10.0.0.2');
  assert.equal(admit('B', '10.0.0.3'), 0);
});

test('connections that come too fast wait for their turn; a second without any makes up for it', () => {
  const { admit, pass } = quotas({ 'max.connection.creation.rate': '10' });
  const delays = Array.from({ length: 15 }, () => admit());
  assert.deepEqual(delays.slice(0, 10), Array(10).fill(0));
  assert.deepEqual(delays.slice(10), [100, 200, 300, 400, 500]);
  pass(5000);
  assert.deepEqual(Array.from({ length: 11 }, () => admit()).at(-1), 100);
});

test('the rate of one address is not that of another', () => {
  const { admit } = quotas({}, (address) => (address === '10.0.0.1' ? 1 : undefined));
  assert.equal(admit('A', '10.0.0.1'), 0);
  assert.equal(admit('A', '10.0.0.1'), 1000);
  assert.equal(admit('A', '10.0.0.2'), 0);
});
