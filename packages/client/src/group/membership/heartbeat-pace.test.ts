import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@klamm/base/clock';
import { HeartbeatPace } from './heartbeat-pace.ts';

/** The delays of the heartbeats sent within `ms`, each answered at once; `news` before the first. */
function delays(ms: number, news: 'once' | 'more' | undefined, interval = 5000): number[] {
  let now = 0;
  const pace = new HeartbeatPace({ ...systemClock, monotonic: () => now }, 3000, 5500);
  pace.interval = interval;
  if (news !== undefined) pace.news(news);
  const all: number[] = [];
  while (now < ms) {
    const delay = pace.delayAfter(now);
    all.push(delay);
    now += delay;
  }
  return all;
}

test('without news it keeps to the shorter of the intervals', () => {
  assert.deepEqual(delays(9000, undefined), [3000, 3000, 3000]);
  assert.deepEqual(delays(1500, undefined, 500), [500, 500, 500]);
});

test('after news the next comes soon, once; where more is expected, several do, at a bounded rate', () => {
  assert.deepEqual(delays(6000, 'once'), [5, 3000, 3000]);
  const more = delays(20_000, 'more');
  assert.deepEqual(more.slice(0, 8), [5, 10, 20, 40, 80, 160, 300, 300]);
  assert.ok(more.length < 30, `${more.length} heartbeats in 20 s`);
  assert.equal(more.at(-1), 3000);
});

test('an answer that took longer than the interval is followed at once', () => {
  let now = 0;
  const pace = new HeartbeatPace({ ...systemClock, monotonic: () => now }, 3000, 5500);
  now = 4000;
  assert.equal(pace.delayAfter(0), 0);
});
