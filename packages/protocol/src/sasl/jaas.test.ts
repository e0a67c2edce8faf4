// Login settings as people write them for Java.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJaas, parseJaasFile, writeJaas } from './jaas.ts';

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';

test('users of a PLAIN listener, as Kafka documents them', () => {
  const { loginModule, flag, options } = parseJaas(
    `${PLAIN} required \n  username="admin"\n  password="a;b=\\"c\\""\n  user_admin='x y' user_alice=bare;`,
    'it',
  );
  assert.equal(loginModule, PLAIN);
  assert.equal(flag, 'required');
  assert.deepEqual(
    [...options],
    [
      ['username', 'admin'],
      ['password', 'a;b="c"'],
      ['user_admin', 'x y'],
      ['user_alice', 'bare'],
    ],
  );
});

test('an entry without options is one too', () => {
  const { options } = parseJaas('org.apache.kafka.common.security.scram.ScramLoginModule required;', 'it');
  assert.equal(options.size, 0);
});

test('a file has blocks by name, and comments', () => {
  const blocks = parseJaasFile(
    `// the broker\nKafkaServer {\n  ${PLAIN} required\n  user_a="b"; /* one more */\n  x.Other optional;\n};\n# and\nKafkaClient { ${PLAIN} required; };`,
    'kafka_jaas.conf',
  );
  assert.deepEqual([...blocks.keys()], ['KafkaServer', 'KafkaClient']);
  assert.equal(blocks.get('KafkaServer')?.length, 2);
  assert.equal(blocks.get('KafkaServer')?.[0]?.options.get('user_a'), 'b');
});

test('what is written is read', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })), (options) => {
      const pairs = Object.entries(options);
      assert.deepEqual([...parseJaas(writeJaas(PLAIN, pairs), 'it').options], pairs);
    }),
  );
});

for (const [what, text, message] of [
  ['no semicolon', `${PLAIN} required user_a="secret"`, /semicolon/],
  ['no flag', `${PLAIN};`, /required, requisite/],
  ['another flag', `${PLAIN} perhaps;`, /required, requisite/],
  ['no value', `${PLAIN} required user_a;`, /"=" is missing/],
  ['an open quotation mark', `${PLAIN} required user_a="secret;`, /not closed/],
  ['nothing', '', /class of a login module/],
  ['two modules', `${PLAIN} required; ${PLAIN} required;`, /more than one/],
] as const) {
  test(`${what} is told by its place, without the text, which may be a password`, () => {
    assert.throws(
      () => parseJaas(text, 'sasl.jaas.config'),
      (error: Error) => message.test(error.message) && !error.message.includes('secret'),
    );
  });
}
