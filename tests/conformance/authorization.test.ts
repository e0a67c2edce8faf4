// Who may do what, request by request: the same script, sent as five principals, is answered alike by Klamm and by
// Apache Kafka: the same error codes, the same names told and kept back, the same operations said to be allowed.
// docs/authorization.md is the table that this test holds.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sleep, systemClock } from '@klamm/base/clock';
import { handlers } from '@klamm/broker/handlers/index';
import { getJava } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import { type SecuredBroker, startSecuredKafka, startSecuredKlamm } from './authorization/brokers.ts';
import { PRINCIPALS } from './authorization/cast.ts';
import { DIFFERENCES } from './authorization/differences.ts';
import { digest } from './authorization/digest.ts';
import type { Row } from './authorization/row.ts';
import { SCRIPT } from './authorization/script.ts';
import { Session } from './authorization/session.ts';
import { type Stage, setStage } from './authorization/stage.ts';

const java = await usePeer(getJava);

/** Errors that pass: a leader or a coordinator that is not there yet, markers that are being written. */
const PASSING = [5, 6, 14, 15, 16, 51];
/** Passes where a topic is to be created: Apache Kafka does so after it has answered. */
const UNKNOWN_TOPIC = 3;
const TRIES = 20;
const BETWEEN_MS = 50;

/** What nobody needs a permission for: to log in, and to renew or expire a token that one may renew. */
const UNCHECKED = new Set([
  'ApiVersions',
  'ExpireDelegationToken',
  'RenewDelegationToken',
  'SaslAuthenticate',
  'SaslHandshake',
]);

/** The answer to each row, as each principal. */
async function play(broker: SecuredBroker): Promise<string[]> {
  const answers: string[] = [];
  using admin = new Session(broker.port, 'admin');
  for (const principal of PRINCIPALS) {
    const stage = await setStage(admin);
    using session = new Session(broker.port, principal);
    for (const row of SCRIPT) answers.push(await settledAnswer(session, row, stage));
  }
  return answers;
}

async function settledAnswer(session: Session, row: Row, stage: Stage): Promise<string> {
  const passing = row.title.includes('to be created') ? [...PASSING, UNKNOWN_TOPIC] : PASSING;
  for (let i = 0; ; i++) {
    const answer = await session.ask(row.api, row.version, row.body(stage) as object);
    const text = answer === undefined ? 'closed' : digest(answer, stage.nameOf);
    const isPassing = passing.some((code) => new RegExp(`[eE]rrorCode":${code}[,}]`).test(text));
    if (!isPassing || i === TRIES) return text;
    await sleep(systemClock, BETWEEN_MS);
  }
}

test('the script asks for all that can be refused, in more than three hundred requests', () => {
  assert.ok(SCRIPT.length > 300, `${SCRIPT.length} requests`);
  const asked = new Set(SCRIPT.map(({ api }) => api.name));
  const left = handlers.map(({ api }) => api.name).filter((name) => !asked.has(name) && !UNCHECKED.has(name));
  assert.deepEqual(left, []);
});

test('docs/authorization.md has a row for every request', () => {
  const table = readFileSync(new URL('../../docs/authorization.md', import.meta.url), 'utf8');
  const rows = new Set(Array.from(table.matchAll(/^\| ([A-Z]\w+) +\|/gm), ([, name]) => name));
  assert.deepEqual(
    handlers.map(({ api }) => api.name).filter((name) => !rows.has(name)),
    [],
  );
});

test('five principals get the same answers as from Apache Kafka', { skip: java.skip }, async () => {
  await using kafka = await startSecuredKafka(java.get());
  await using klamm = await startSecuredKlamm();
  const [theirs, ours] = await Promise.all([play(kafka), play(klamm)]);
  const unused = new Set(DIFFERENCES);
  const differences = PRINCIPALS.flatMap((principal, part) =>
    SCRIPT.flatMap((row, i) => {
      const expected = theirs[part * SCRIPT.length + i] ?? '';
      const actual = ours[part * SCRIPT.length + i] ?? '';
      if (expected === actual) return [];
      const known = DIFFERENCES.find(({ isIt }) => isIt(row, expected, actual));
      if (known === undefined) return { principal, request: row.title, expected, actual };
      unused.delete(known);
      return [];
    }),
  );
  assert.deepEqual(differences, []);
  assert.deepEqual([...unused], [], 'every known difference is one');
});
