// A mirror between two brokers of Klamm in this process: what becomes of offsets that cannot be the same, of others who
// write, of a second mirror, and what the comparison and the checked list see.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { type Broker, startBroker } from '@klamm/broker/broker';
import type { Admin } from '@klamm/client/admin/admin';
import { Kafka } from '@klamm/client/client';
import { rawWriteMarkers } from '@klamm/client/raw/raw-produce';
import { type CutoverCheck, cutover } from '@klamm/mirror/cutover';
import { Ends } from '@klamm/mirror/ends';
import { Mirror, type MirrorOptions, type MirrorOutcome } from '@klamm/mirror/mirror';
import { planMirror } from '@klamm/mirror/plan';
import { StateLog } from '@klamm/mirror/state-log';
import { mirrorStatus } from '@klamm/mirror/status';
import { verify } from '@klamm/mirror/verify';
import { startSecuredKlamm } from '../conformance/authorization/brokers.ts';
import { passwordOf } from '../conformance/authorization/cast.ts';
import { runProgram } from '../peers/program.ts';

interface Side {
  readonly broker: Broker;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly brokers: string;
}
const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const NOW = systemClock.now();
let source: Side;
let target: Side;

async function start(): Promise<Side> {
  const broker = await startBroker({ port: 0 });
  const brokers = `127.0.0.1:${broker.port}`;
  const kafka = new Kafka({ brokers });
  return { broker, kafka, admin: kafka.admin(), brokers };
}

before(async () => {
  source = await start();
  target = await start();
});

after(async () => {
  for (const { admin, broker } of [source, target]) {
    await admin.close();
    await broker.close();
  }
});

const ends = (): Ends => new Ends({ brokers: source.brokers }, { brokers: target.brokers });

function optionsOf(name: string, other: Partial<MirrorOptions> = {}): MirrorOptions {
  return {
    name,
    topics: { include: [`^${name}.*`], exclude: [], replicationFactor: undefined },
    groups: { include: [`^${name}.*`], exclude: [] },
    clock: systemClock,
    logger: silentLogger,
    notice: () => {},
    once: true,
    ...other,
  };
}

/** Copies what there is of the topics and groups whose names begin with the mirror's. */
async function copy(name: string, other: Partial<MirrorOptions> = {}): Promise<MirrorOutcome> {
  await using both = ends();
  return await new Mirror(both, optionsOf(name, other)).run(AbortSignal.timeout(30_000));
}

async function produce({ kafka }: Side, topic: string, values: readonly string[]): Promise<void> {
  await using producer = kafka.producer();
  await producer.sendBatch(
    values.map((value) => ({ topic, partition: 0, key: value, value, timestamp: NOW })),
  );
}

/** A transaction of one record each. */
async function transactions(topic: string, values: readonly string[], isCommitted: boolean): Promise<void> {
  await using producer = source.kafka.producer({ transactionalId: `${topic}-transactions` });
  for (const value of values) {
    const transaction = await producer.begin();
    await transaction.send({ topic, partition: 0, value });
    await (isCommitted ? transaction.commit() : transaction.abort());
  }
}

async function recordsOf({ kafka }: Side, topic: string, readCommitted = true): Promise<[number, string][]> {
  const found: [number, string][] = [];
  for await (const { offset, value } of kafka.consume({
    topic,
    from: 'earliest',
    toEnd: true,
    readCommitted,
  }))
    found.push([offset, String(value)]);
  return found;
}

const valuesOf = async (side: Side, topic: string): Promise<string[]> =>
  (await recordsOf(side, topic, false)).map(([, value]) => value);

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 20_000;
  while (!(await holds())) {
    assert.ok(systemClock.monotonic() < deadline, 'it did not come true within 20 s');
    await sleep(systemClock, 50);
  }
}

const has = async (side: Side, topic: string, count: number): Promise<boolean> =>
  (await side.admin.topicExists(topic)) && (await valuesOf(side, topic)).length >= count;

test('offsets are the same through transactions, and aborted records are nowhere', async () => {
  const topic = 'same-orders';
  await source.admin.createTopic({ name: topic, partitions: 1 });
  await produce(source, topic, ['a', 'b']);
  await transactions(topic, ['c', 'd'], true);
  await transactions(topic, ['x', 'y'], false);
  await produce(source, topic, ['e']);
  assert.deepEqual((await copy('same')).failures, []);
  const expected = await recordsOf(source, topic);
  assert.deepEqual(
    expected.map(([offset]) => offset),
    [0, 1, 2, 4, 10],
  );
  assert.deepEqual(await recordsOf(target, topic), expected);
  assert.deepEqual(await recordsOf(target, topic, false), expected);
});

test('a log that ends with markers is gone on with, and one that ends with records', async () => {
  const topic = 'resumed-orders';
  await source.admin.createTopic({ name: topic, partitions: 1 });
  await transactions(topic, ['a', 'b'], true);
  await copy('resumed');
  await transactions(topic, ['c'], true);
  await produce(source, topic, ['d']);
  await copy('resumed');
  await produce(source, topic, ['e']);
  assert.deepEqual((await copy('resumed')).failures, []);
  assert.deepEqual(await recordsOf(target, topic, false), await recordsOf(source, topic));
});

test('a partition that begins late begins there on the target', async () => {
  const topic = 'late-orders';
  await source.admin.createTopic({ name: topic, partitions: 1, configs: { 'cleanup.policy': 'delete' } });
  await produce(source, topic, ['a', 'b', 'c', 'd']);
  await source.admin.deleteRecords(topic, { 0: 3 });
  await copy('late');
  assert.deepEqual(await recordsOf(target, topic, false), [[3, 'd']]);
  assert.equal((await target.admin.listOffsets(topic, 'earliest')).get(0), 3);
});

test('where holes are not filled, offsets are mapped: for resuming, for groups, for status and comparison', async () => {
  const topic = 'mapped-orders';
  const copyMapped = (): Promise<MirrorOutcome> => copy('mapped', { copy: { fillLimit: 0 } });
  await source.admin.createTopic({ name: topic, partitions: 1 });
  await produce(source, topic, ['gone', 'gone too', 'a', 'b']);
  await source.admin.deleteRecords(topic, { 0: 2 });
  await transactions(topic, ['c', 'd'], true);
  await copyMapped();
  assert.deepEqual(await recordsOf(target, topic, false), [
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
    [3, 'd'],
  ]);
  await transactions(topic, ['x'], false);
  await produce(source, topic, ['e']);
  await source.admin.setGroupOffsets('mapped-readers', [
    { topic, partition: 0, offset: 6, metadata: 'at d' },
  ]);
  await copyMapped();
  await copyMapped();
  assert.deepEqual(await valuesOf(target, topic), ['a', 'b', 'c', 'd', 'e']);
  // Offset 6 is that of d.
  assert.deepEqual(await target.admin.groupOffsets('mapped-readers'), [
    { topic, partition: 0, offset: 3, metadata: 'at d' },
  ]);
  await using both = ends();
  const { partitions } = await mirrorStatus(both, 'mapped', { clock: systemClock, rate: false });
  assert.deepEqual(
    partitions.map(({ offsets, lag, sourceEnd, targetEnd }) => ({ offsets, lag, sourceEnd, targetEnd })),
    [{ offsets: 'mapped', lag: 0, sourceEnd: 11, targetEnd: 5 }],
  );
  await using log = new StateLog(both.target.kafka, 'mapped');
  await log.refresh();
  const [verdict] = await verify(both, log.state, { rangeSize: 3, isSelected: () => true });
  assert.equal(verdict?.records, 5);
  assert.deepEqual(verdict?.differences, []);
});

test('markers too many, as a lost answer may leave them, cost the sameness of offsets and no record', async () => {
  const topic = 'over-orders';
  await source.admin.createTopic({ name: topic, partitions: 1 });
  await transactions(topic, ['a'], true);
  await copy('over');
  await using both = ends();
  await using log = new StateLog(both.target.kafka, 'over');
  await log.refresh();
  const [sender] = log.state.senders;
  assert.ok(sender);
  const { raw } = both.target;
  const connection = await raw.connect((await raw.partition(topic, 0)).leader, raw.newLane('test'));
  // Two records of a sequence each were sent: a, and nothing else.
  const marker = { topic, index: 0, ...sender, coordinatorEpoch: 1, committed: [false, false] };
  assert.equal(await rawWriteMarkers(connection, marker, 5000), 0);
  await produce(source, topic, ['b', 'c', 'd']);
  const notices: string[] = [];
  await copy('over', { notice: (text) => notices.push(text) });
  assert.deepEqual(await recordsOf(target, topic, false), [
    [0, 'a'],
    [4, 'b'],
    [5, 'c'],
    [6, 'd'],
  ]);
  assert.match(notices.join(), /over-orders-0 has 2 markers too many .* from source offset 2 on/);
  await copy('over');
  assert.deepEqual(await valuesOf(target, topic), ['a', 'b', 'c', 'd']);
});

test('the plan says what would be made, taken, gone on with and left, and changes nothing', async () => {
  const names = ['new', 'empty', 'known', 'theirs'].map((name) => `plan-${name}`);
  for (const topic of names) {
    await source.admin.createTopic({ name: topic, partitions: 1 });
    await produce(source, topic, ['a', 'b']);
  }
  await copy('plan', { topics: { include: ['plan-known'], exclude: [], replicationFactor: undefined } });
  await produce(source, 'plan-known', ['c']);
  for (const topic of ['plan-empty', 'plan-theirs'])
    await target.admin.createTopic({ name: topic, partitions: 1 });
  await produce(target, 'plan-theirs', ['theirs']);
  const before = await target.admin.listTopics();
  await using both = ends();
  const plans = await planMirror(both, 'plan', { include: ['^plan-.*'], exclude: [] });
  assert.deepEqual(
    plans.map(({ topic, action, offsets }) => [topic, action, offsets]),
    [
      ['plan-empty', 'take', 2],
      ['plan-known', 'go on', 1],
      ['plan-new', 'make', 2],
      ['plan-theirs', 'leave', 2],
    ],
  );
  assert.deepEqual(await target.admin.listTopics(), before);
});

test('a topic that is not of the mirror is never written to', async () => {
  const topic = 'foreign-orders';
  for (const side of [source, target]) await side.admin.createTopic({ name: topic, partitions: 1 });
  await produce(source, topic, ['a']);
  await produce(target, topic, ['theirs']);
  const { failures } = await copy('foreign');
  assert.match(failures.map(({ error }) => error.message).join(), /records that are not of this mirror/);
  assert.deepEqual(await valuesOf(target, topic), ['theirs']);
});

test('who writes to a mirrored partition is noticed, and nothing is written behind it', async () => {
  const topic = 'shared-orders';
  await source.admin.createTopic({ name: topic, partitions: 1 });
  await produce(source, topic, ['a']);
  await copy('shared');
  await produce(target, topic, ['theirs']);
  await produce(source, topic, ['b', 'c']);
  const { failures } = await copy('shared');
  assert.match(failures.map(({ error }) => error.message).join(), /somebody else writes there/);
  assert.deepEqual(await valuesOf(target, topic), ['a', 'theirs']);
});

test('a topic of the source that was made again is not taken for the one before', async () => {
  const topic = 'again-orders';
  await source.admin.createTopic({ name: topic, partitions: 1 });
  await produce(source, topic, ['a']);
  await copy('again');
  await source.admin.deleteTopic(topic);
  await source.admin.createTopic({ name: topic, partitions: 1 });
  await produce(source, topic, ['b', 'c']);
  const { failures } = await copy('again');
  assert.match(failures.map(({ error }) => error.message).join(), /deleted and made again/);
  await target.admin.deleteTopic(topic);
  {
    await using both = ends();
    await using log = new StateLog(both.target.kafka, 'again');
    await log.refresh();
    await log.write(...log.state.forgetRecords(topic));
  }
  assert.deepEqual((await copy('again')).failures, []);
  assert.deepEqual(await valuesOf(target, topic), ['b', 'c']);
});

test('a second mirror waits until the first ends, and goes on where it was', async () => {
  const topic = 'two-orders';
  await source.admin.createTopic({ name: topic, partitions: 1 });
  await produce(source, topic, ['a']);
  await using one = ends();
  await using other = ends();
  const stopped = new AbortController();
  const first = new Mirror(one, optionsOf('two', { once: false })).run(stopped.signal);
  await until(() => has(target, topic, 1));
  let waits: () => void = () => {};
  const waiting = new Promise<void>((resolve) => {
    waits = resolve;
  });
  const second = new Mirror(other, optionsOf('two', { notice: (text) => /waiting/.test(text) && waits() }));
  const ended = second.run(AbortSignal.timeout(30_000));
  await waiting;
  await produce(source, topic, ['b']);
  await until(() => has(target, topic, 2));
  assert.equal(second.partitions.length, 0);
  stopped.abort();
  assert.equal((await first).reason, 'stopped');
  await produce(source, topic, ['c']);
  assert.equal((await ended).reason, 'copied');
  assert.deepEqual(await valuesOf(target, topic), ['a', 'b', 'c']);
});

test('topics and partitions that come later are mirrored, with settings that change', async () => {
  await source.admin.createTopic({ name: 'grow-a', partitions: 1 });
  await using both = ends();
  const stopped = new AbortController();
  const running = new Mirror(both, optionsOf('grow', { once: false })).run(stopped.signal);
  await until(() => target.admin.topicExists('grow-a'));
  await source.admin.createTopic({ name: 'grow-b', partitions: 1 });
  await source.admin.createPartitions('grow-a', 2);
  await source.admin.alterConfigs({ topic: 'grow-a' }, { 'retention.ms': 1_000_000 });
  await produce(source, 'grow-b', ['b']);
  await until(() => has(target, 'grow-b', 1));
  await until(async () => (await target.admin.describeTopic('grow-a')).partitions.length === 2);
  await until(async () => {
    const [entry] = await target.admin.describeConfigs({ topic: 'grow-a' }, ['retention.ms']);
    return entry?.value === '1000000';
  });
  stopped.abort();
  await running;
});

test('timestamps that the broker set are kept, and the topic gets its setting back at the cutover', async () => {
  const topic = 'stamped-orders';
  const configs = { 'message.timestamp.type': 'LogAppendTime' };
  await source.admin.createTopic({ name: topic, partitions: 1, configs });
  await produce(source, topic, ['a', 'b']);
  await copy('stamped');
  const stampsOf = async ({ kafka }: Side): Promise<number[]> => {
    const found: number[] = [];
    for await (const { timestamp } of kafka.consume({ topic, from: 'earliest', toEnd: true }))
      found.push(timestamp);
    return found;
  };
  const stamps = await stampsOf(source);
  assert.ok(stamps.every((stamp) => stamp > NOW));
  assert.deepEqual(await stampsOf(target), stamps);
  assert.ok((await cut('stamped')).every(({ result }) => result === 'ok'));
  const entries = await target.admin.describeConfigs({ topic });
  const own = entries.filter((entry) => entry.source === 'topic').map(({ name, value }) => [name, value]);
  assert.deepEqual(own, [['message.timestamp.type', 'LogAppendTime']]);
  await assert.rejects(copy('stamped'), /was cut over/);
});

async function cut(name: string, other: { dryRun?: boolean } = {}): Promise<CutoverCheck[]> {
  const checks: CutoverCheck[] = [];
  await using both = ends();
  await cutover(both, {
    name,
    groups: { include: [`^${name}.*`], exclude: [] },
    settleMs: 300,
    verify: true,
    dryRun: other.dryRun ?? false,
    clock: systemClock,
    told: (check) => checks.push(check),
  });
  return checks;
}

const failed = (checks: readonly CutoverCheck[]): string[] =>
  checks.filter(({ result }) => result === 'failed').map(({ check }) => check);

test('a cutover is refused while a group is in use or a transaction open, and says so', async () => {
  const topic = 'busy-orders';
  await source.admin.createTopic({ name: topic, partitions: 1 });
  await produce(source, topic, ['a']);
  await copy('busy');
  const group = source.kafka.group({ groupId: 'busy-readers', topics: topic, autoOffsetReset: 'earliest' });
  await group.next();
  assert.deepEqual(failed(await cut('busy', { dryRun: true })), ['groups of the source are idle']);
  await group.close();
  await using producer = source.kafka.producer({ transactionalId: 'busy' });
  const transaction = await producer.begin();
  await transaction.send({ topic, value: 'b' });
  assert.deepEqual(failed(await cut('busy', { dryRun: true })), ['no transaction is open on the source']);
  await transaction.abort();
  assert.deepEqual(failed(await cut('busy', { dryRun: true })), ['everything is copied']);
  await copy('busy');
  assert.deepEqual(failed(await cut('busy')), []);
});

test('a record that differs stops the cutover, and the mirror may go on', async () => {
  const topic = 'wrong-orders';
  await source.admin.createTopic({ name: topic, partitions: 1 });
  await produce(source, topic, ['a', 'b']);
  await copy('wrong');
  await produce(source, topic, ['c']);
  await produce(target, topic, ['C']);
  assert.deepEqual(failed(await cut('wrong')), ['both ends hold the same']);
  await using both = ends();
  await using log = new StateLog(both.target.kafka, 'wrong');
  await log.refresh();
  assert.equal(log.state.cutover, undefined);
  const [verdict] = await verify(both, log.state, { rangeSize: 2, isSelected: () => true });
  assert.deepEqual(
    verdict?.differences.map(({ from, to }) => [from, to]),
    [[2, 3]],
  );
});

test('ACLs and quotas go along, and users who need a password are named', async () => {
  await using old = await startSecuredKlamm();
  await using young = await startSecuredKlamm();
  const login = { mechanism: 'plain', username: 'admin', password: passwordOf('admin') } as const;
  const at = ({ port }: { port: number }) => ({ brokers: `127.0.0.1:${port}`, sasl: login });
  await using admin = new Kafka(at(old)).admin();
  await using there = new Kafka(at(young)).admin();
  const acl = {
    resourceType: 'topic',
    resourceName: 'orders',
    patternType: 'prefixed',
    principal: 'User:alice',
    host: '*',
    operation: 'read',
    permission: 'allow',
  } as const;
  await admin.createAcls([acl]);
  await admin.alterQuotas([{ entity: { user: 'alice' }, quotas: { producer_byte_rate: 1000 } }]);
  await admin.setUserPasswords([{ name: 'carol', password: 'carol-secret' }]);
  const before = await there.describeAcls();
  await using both = new Ends(at(old), at(young));
  const mirror = new Mirror(both, optionsOf('secured'));
  await mirror.run(AbortSignal.timeout(30_000));
  const added = (await there.describeAcls()).filter(
    (each) => !before.some((known) => JSON.stringify(known) === JSON.stringify(each)),
  );
  assert.deepEqual(added, [acl]);
  assert.deepEqual(await there.describeQuotas(), await admin.describeQuotas());
  assert.deepEqual(mirror.access?.missingUsers, ['carol (SCRAM-SHA-512)']);
});

test('one cluster is no mirror, and another source is not the one that was begun with', async () => {
  const both = new Ends({ brokers: source.brokers }, { brokers: source.brokers });
  await assert.rejects(both.check(), /are one cluster/);
  await both[Symbol.asyncDispose]();
  await copy('other');
  const third = await start();
  try {
    await using wrong = new Ends({ brokers: third.brokers }, { brokers: target.brokers });
    const run = new Mirror(wrong, optionsOf('other')).run(AbortSignal.timeout(30_000));
    await assert.rejects(run, /Give another --name/);
  } finally {
    await third.admin.close();
    await third.broker.close();
  }
});

test('the command line: plan, copy, status, comparison, and what it does not understand', async () => {
  const topic = 'shell-orders';
  await source.admin.createTopic({ name: topic, partitions: 1 });
  await produce(source, topic, ['a', 'b']);
  const run = async (command: string, ...flags: string[]) => {
    const clusters = ['--from', source.brokers, '--to', target.brokers, '--name', 'shell'];
    const args = [BIN, 'mirror', command, ...clusters, ...flags, '-o', 'json'];
    const { code, stdout, stderr } = await runProgram(process.execPath, args, { mayFail: true });
    return { code, rows: stdout === '' ? [] : JSON.parse(stdout), stderr };
  };
  assert.deepEqual((await run('start', '-t', topic, '--dry-run')).rows, [
    { topic, partitions: 1, action: 'make', offsets: 2 },
  ]);
  const { code, rows, stderr } = await run('start', '-t', topic, '--once', '--rate', '1MiB/s');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Everything is copied/);
  const [row] = rows;
  assert.deepEqual([row.topic, row.copiedTo, row.lag, row.offsets, row.records], [topic, 2, 0, 'same', 2]);
  const [status] = (await run('status')).rows;
  assert.deepEqual([status.sourceEnd, status.targetEnd, status.lag], [2, 2, 0]);
  assert.deepEqual((await run('verify', '-t', topic)).rows[0].result, 'same');
  await produce(target, topic, ['theirs']);
  await produce(source, topic, ['c']);
  const different = await run('verify');
  assert.equal(different.code, 1);
  assert.match(
    different.stderr,
    /shell-orders-0 differs from offset 0 to 3: 3 records on the source, 3 on the target/,
  );
  assert.equal((await run('start', '-t', '^(')).code, 2);
  assert.equal((await run('start', '--rate', 'fast')).code, 2);
  const unsaid = await runProgram(process.execPath, [BIN, 'mirror', 'status', '--to', target.brokers], {
    mayFail: true,
  });
  assert.equal(unsaid.code, 2);
  assert.match(unsaid.stderr, /Give --from/);
});
