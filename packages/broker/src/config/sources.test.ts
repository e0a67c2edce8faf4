import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerSettings } from './settings.ts';
import { settingsFromFile, settingsOfText } from './sources.ts';

const pairs = (text: string): string[] =>
  settingsOfText(text, 'f').map(({ name, value, source }) => `${name}|${value}|${source}`);

const PROPERTIES: [string, string, string[]][] = [
  ['key and value', 'a=b', ['a|b|f:1']],
  ['blanks around', '  a  =  b c ', ['a|b c |f:1']],
  ['a colon, or only a blank, between them', 'a: b\nc d', ['a|b|f:1', 'c|d|f:2']],
  ['an equals sign in the value', 'listeners=A://h:1,B://h:2=x', ['listeners|A://h:1,B://h:2=x|f:1']],
  ['comments and empty lines', '# a=b\n! c=d\n\ne=f', ['e|f|f:4']],
  ['a line that goes on', 'a=b,\\\n   c', ['a|b,c|f:1']],
  ['no value', 'a=\nb', ['a||f:1', 'b||f:2']],
  ['escapes', 'a\\=b=c\\td\\u0041', ['a=b|c\tdA|f:1']],
  ['Windows line ends', 'a=b\r\nc=d\r\n', ['a|b|f:1', 'c|d|f:2']],
];

for (const [what, text, expected] of PROPERTIES) {
  test(`a properties file with ${what}`, () => assert.deepEqual(pairs(text), expected));
}

test('a settings file that cannot be read is named', () => {
  assert.throws(
    () => settingsFromFile('/no/such/server.properties'),
    /\/no\/such\/server\.properties cannot be read: ENOENT/,
  );
});

test('the first source that names a key wins; defaults are those of Kafka', () => {
  const settings = BrokerSettings.from([
    { name: 'num.partitions', value: '7', source: '--set' },
    { name: 'num.partitions', value: '3', source: 'f:1' },
  ]);
  assert.equal(settings.number('num.partitions'), 7);
  assert.equal(settings.number('log.segment.bytes'), 1073741824);
  assert.equal(settings.boolean('auto.create.topics.enable'), true);
  assert.equal(settings.optional('broker.rack'), undefined);
});

test("a server.properties of Kafka's own is accepted; what has no effect is kept for one line at start", () => {
  const settings = BrokerSettings.from(
    settingsOfText(
      'process.roles=broker,controller\nnode.id=1\nnum.network.threads=3\nlistener.name.external.ssl.keystore.type=PEM',
      'f',
    ),
  );
  assert.deepEqual(
    settings.inert.map(({ name }) => name),
    ['process.roles', 'num.network.threads'],
  );
});

test('a listener has settings of its own, and a mechanism of it too; the plain key is for the others', () => {
  const settings = BrokerSettings.from(
    settingsOfText(
      'ssl.keystore.location=all.p12\nlistener.name.external.ssl.keystore.location=one.p12\n' +
        'connections.max.reauth.ms=1\nlistener.name.external.plain.connections.max.reauth.ms=2',
      'f',
    ),
  );
  assert.equal(settings.forListener('EXTERNAL', 'ssl.keystore.location'), 'one.p12');
  assert.equal(settings.forListener('INTERNAL', 'ssl.keystore.location'), 'all.p12');
  assert.equal(settings.forListener('EXTERNAL', 'connections.max.reauth.ms', 'PLAIN'), '2');
  assert.equal(settings.forListener('EXTERNAL', 'connections.max.reauth.ms', 'SCRAM-SHA-256'), '1');
  assert.equal(settings.forListener('EXTERNAL', 'ssl.client.auth'), 'none');
});

test('a wrong setting of a listener is named as it was written, and a secret is not shown', () => {
  assert.throws(
    () => BrokerSettings.from(settingsOfText('listener.name.x.ssl.client.auth=maybe', 'f')),
    /listener\.name\.x\.ssl\.client\.auth=maybe \(f:1\): allowed: none, requested, required/,
  );
  assert.throws(
    () => BrokerSettings.from(settingsOfText('listener.name.x.ssl.keystore.lokation=a', 'f')),
    /no such setting; did you mean listener\.name\.x\.ssl\.keystore\.location\?/,
  );
});
