import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerSettings } from './settings.ts';
import { settingsOfText } from './sources.ts';
import { startRemarks } from './start-remarks.ts';

const remarks = (text: string): string[] =>
  startRemarks(BrokerSettings.from(settingsOfText(text, 'f'))).map(({ level, text }) => `${level} ${text}`);

test('what does nothing is said in one line, with what it is; what one node meets anyway is not', () => {
  assert.deepEqual(
    remarks(
      'process.roles=broker,controller\ncontroller.quorum.voters=1@h:1\nnum.io.threads=8\n' +
        'zookeeper.connect=h:2181\nnum.partitions=3',
    ),
    [
      'info Known settings of Kafka that have no effect in this version of Klamm: num.io.threads (f:3), ' +
        'zookeeper.connect (f:4; there is no ZooKeeper since Apache Kafka 4)',
    ],
  );
});

const WARNED: [string, string, RegExp][] = [
  ['two voters', 'controller.quorum.voters=1@a:1,2@b:1', /names 2 nodes.*less available than one/],
  ['three voters', 'controller.quorum.voters=1@a:1,2@b:1,3@c:1', /names 3 nodes.*Apache Kafka is for/],
  ['a controller only', 'process.roles=controller', /asks for a controller only/],
  ['a cluster id that is no UUID', 'cluster.id=abcdef1234567890', /cluster\.id=abcdef1234567890 \(f:1\)/],
];

for (const [what, text, expected] of WARNED) {
  test(`${what} is explained`, () => {
    const [first, ...others] = remarks(text);
    assert.match(first ?? '', /^warn /);
    assert.match(first ?? '', expected);
    assert.deepEqual(others, []);
  });
}

test('settings that are in order need no words', () => {
  assert.deepEqual(remarks('node.id=1\ncluster.id=5L6g3nShT-eMCtK--X86sw'), []);
});
