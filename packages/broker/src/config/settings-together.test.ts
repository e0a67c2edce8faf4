import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerSettings } from './settings.ts';
import { settingsOfText } from './sources.ts';

const WRONG: [string, RegExp][] = [
  [
    'group.min.session.timeout.ms=10\ngroup.max.session.timeout.ms=9',
    /group\.min\.session\.timeout\.ms \(10\) has to be at most group\.max\.session\.timeout\.ms \(9\)/,
  ],
  [
    'group.consumer.heartbeat.interval.ms=5\ngroup.consumer.session.timeout.ms=5',
    /interval\.ms \(5\) has to be less than/,
  ],
  ['queued.max.request.bytes=1000', /queued\.max\.request\.bytes \(1000\) has to be at least/],
  [
    'connections.max.idle.ms=50\nconnection.failed.authentication.delay.ms=50',
    /delay\.ms \(50\) has to be less/,
  ],
  ['max.connections.per.ip=0', /lets nobody in/],
];

for (const [text, message] of WRONG) {
  test(`settings that do not go together: ${text.replace('\n', ', ')}`, () => {
    assert.throws(() => BrokerSettings.from(settingsOfText(text, 'f')), message);
  });
}

test('settings that go together', () => {
  for (const text of [
    '',
    'queued.max.request.bytes=-1\nsocket.request.max.bytes=10',
    'connections.max.idle.ms=-1',
    'max.connections.per.ip=0\nmax.connections.per.ip.overrides=127.0.0.1:5',
    'log.retention.ms=-1',
  ]) {
    BrokerSettings.from(settingsOfText(text, 'f'));
  }
});
