// The command line as a user types it: child processes, their output, their exit codes.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Outcome, type RunningProgram, runProgram, startProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));

let folder: string;
let broker: RunningProgram;
let bootstrap: string;

function klamm(args: readonly string[], stdin = ''): Promise<Outcome> {
  const env = { KLAMM_BOOTSTRAP: bootstrap ?? '', NO_COLOR: '1' };
  return runProgram(process.execPath, [BIN, ...args], {
    stdin,
    env,
    mayFail: true,
    timeoutMs: 30_000,
    cwd: folder,
  });
}

async function startBroker(...args: string[]): Promise<RunningProgram> {
  const program = startProgram(process.execPath, [BIN, 'start', ...args], { cwd: folder });
  await program.line(/Ctrl-C closes it/);
  return program;
}

const addressOf = (program: RunningProgram): string =>
  /listening on PLAINTEXT:\/\/(\S+)/.exec(program.printed.stderr)?.[1] ?? '';

suite('klamm, the command line', () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'klamm-cli-'));
    broker = await startBroker('--port', '0', '--data', 'data', '--topic', 'prepared:2');
    bootstrap = addressOf(broker);
  });

  after(async () => {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('start says where it listens, where its data is, and three commands that work as typed', async () => {
    const { stdout, stderr } = broker.printed;
    assert.equal(stdout, '');
    assert.match(stderr, /Data: .*data\n/);
    const lines = Array.from(stderr.matchAll(/^ {4}(.*npx klamm .*)$/gm), ([, line = '']) => line);
    assert.equal(lines.length, 3);
    for (const line of lines.slice(0, 2)) {
      const [, input, args = ''] = /^(?:echo (\w+) \| )?npx klamm (.*)$/.exec(line) ?? [];
      const { code, stderr } = await klamm(args.split(' '), input === undefined ? '' : `${input}\n`);
      assert.equal(code, 0, stderr);
    }
    const args = lines[2]?.replace(/^.*npx klamm /, '').split(' ') ?? [];
    const follower = startProgram(process.execPath, [BIN, ...args], { cwd: folder });
    assert.equal(await follower.line(/./), 'hello');
    assert.equal((await follower.stop('SIGINT')).code, 0);
  });

  test('start --topic makes the topic', async () => {
    const { stdout } = await klamm(['topic', 'list', '-o', 'csv']);
    assert.match(stdout, /^prepared,2,1,/m);
  });

  test('records go through produce and consume with key, headers and tombstones', async () => {
    assert.equal((await klamm(['topic', 'create', 'orders', '-p', '3'])).code, 0);
    const sent = await klamm(
      ['produce', 'orders', '-K', ':', '-H', 'from=test', '-Z', '-P', '1'],
      'a:1\nb:2\nc:\n',
    );
    assert.equal(sent.code, 0, sent.stderr);
    assert.equal(sent.stdout, '');
    assert.match(sent.stderr, /3 records in orders\n {2}partition 1: 3 at offsets 0 to 2/);
    const read = await klamm(['consume', 'orders', '-o', 'start', '-e', '-f', '%p/%o %k=%s %S %h\\n']);
    assert.equal(read.stdout, '1/0 a=1 1 from=test\n1/1 b=2 1 from=test\n1/2 c= -1 from=test\n');
  });

  test('a topic goes through a pipe into another, byte for byte', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 128]);
    await runProgram(
      process.execPath,
      [BIN, 'produce', 'source', '--create', '--input', 'raw', '-b', bootstrap],
      {
        stdin: bytes,
      },
    );
    const { stdout } = await klamm(['consume', 'source', '-o', ':end', '--output', 'ndjson']);
    const copied = await klamm(['produce', 'target', '--create', '--input', 'ndjson', '-o', 'json'], stdout);
    assert.deepEqual(JSON.parse(copied.stdout), [
      { topic: 'target', partition: 0, records: 1, firstOffset: 0, lastOffset: 0 },
    ]);
    const read = await klamm(['consume', 'target', '-o', 'start', '-e', '-f', '%s']);
    assert.deepEqual(read.stdoutBytes, bytes);
  });

  test('consume starts and stops where it is told', async () => {
    const numbers = Array.from({ length: 20 }, (_, i) => `${i}\n`).join('');
    await klamm(['produce', 'numbers', '--create'], numbers);
    const rows: readonly (readonly [args: string[], first: string, last: string])[] = [
      [['-o', 'start', '-n', '3'], '0', '2'],
      [['-o', '+5', '-n', '1'], '5', '5'],
      [['-o', '-5', '-e'], '15', '19'],
      [['-o', '4:8'], '4', '7'],
      [['-o', '18:99'], '18', '19'],
      [['-o', '@-1h', '-n', '1'], '0', '0'],
      [['-o', '@-1h:@now'], '0', '19'],
    ];
    for (const [args, first, last] of rows) {
      const lines = (await klamm(['consume', 'numbers', ...args])).stdout.trimEnd().split('\n');
      assert.deepEqual([lines[0], lines.at(-1)], [first, last], args.join(' '));
    }
  });

  test('topics are described, altered, given partitions and deleted', async () => {
    await klamm(['topic', 'create', 'life', '-c', 'retention.ms=1000']);
    await klamm(['topics', 'alter', 'life', '--set', 'segment.bytes=1048576', '--unset', 'retention.ms']);
    const config = await klamm(['topic', 'config', 'life', '-o', 'csv']);
    assert.match(config.stdout, /segment\.bytes,1048576,topic/);
    assert.doesNotMatch(config.stdout, /retention\.ms/);
    await klamm(['topic', 'add-partitions', 'life', '--to', '4', '--dry-run']);
    assert.equal(JSON.parse((await klamm(['topic', 'describe', 'life', '-o', 'json'])).stdout).length, 1);
    await klamm(['topic', 'add-partitions', 'life', '--to', '4']);
    assert.equal(JSON.parse((await klamm(['topic', 'describe', 'life', '-o', 'json'])).stdout).length, 4);
    assert.equal((await klamm(['topic', 'delete', 'life'])).code, 2, 'without a terminal, --yes is needed');
    assert.equal((await klamm(['topic', 'delete', 'life', '--yes'])).code, 0);
    assert.equal((await klamm(['topic', 'describe', 'life'])).code, 1);
  });

  test('cluster info names the broker', async () => {
    const [row] = JSON.parse((await klamm(['cluster', 'info', '-o', 'json'])).stdout);
    assert.equal(`${row.host}:${row.port}`, bootstrap);
    assert.equal(row.cluster.length, 22);
  });

  test('mistakes are answered with what was probably meant, on stderr, with their exit code', async () => {
    writeFileSync(join(folder, 'bad.properties'), '# mine\nlog.retention.huors=3\n');
    const rows: readonly (readonly [args: string[], code: number, says: RegExp])[] = [
      [[], 2, /Commands:/],
      [['topc', 'list'], 2, /Did you mean topic\?/],
      [['topic', 'lst'], 2, /Did you mean .*list/],
      [['topic', 'list', '--al'], 2, /Did you mean --all\?/],
      [['produce'], 2, /missing required argument 'topic'/],
      [['produce', 'prepared', '-z', 'ztsd'], 2, /Did you mean zstd\?/],
      [['produce', 'preparde'], 1, /no topic preparde. Did you mean prepared\?/],
      [['produce', 'prepared', '-P', '9'], 1, /no partition 9/],
      [['consume', 'preparde'], 1, /Did you mean prepared\?/],
      [['consume', 'prepared', '-o', 'strat'], 2, /as kcat and rpk write it/],
      [['topic', 'create', 'prepared'], 1, /already exists/],
      [['topic', 'create', 'three', '-r', '3'], 1, /INVALID_REPLICATION_FACTOR/],
      [['topic', 'alter', 'prepared', '--set', 'retention.sm=1'], 2, /Did you mean retention\.ms\?/],
      [['topic', 'list', '-b', '127.0.0.1:1', '--timeout', '1s'], 1, /127\.0\.0\.1:1/],
      [['start', '--memory', '--set', 'log.retention.huors=1'], 2, /did you mean log\.retention\.hours\?/],
      [['start', '--memory', '-c', 'bad.properties'], 2, /bad\.properties:2.*did you mean/],
      [['start', '--memory', '--listeners', 'PLAINTEXT://0.0.0.0:0'], 2, /without authentication/],
      [['start', '--memory', '--prot', '0'], 2, /Did you mean --port\?/],
      [['start', '--memory', '--data', 'x'], 2, /--data or --memory/],
      [
        ['start', '--memory', '--port', bootstrap.split(':')[1] ?? ''],
        1,
        /another program listens[\s\S]*--port 0/,
      ],
      [['start', '--port', '0', '--data', 'data'], 1, /in use by another broker.*--data/],
      [['start', '--port', '0', '--data', 'bad.properties'], 1, /bad\.properties cannot be used/],
    ];
    for (const [args, code, says] of rows) {
      const outcome = await klamm(args, 'x\n');
      assert.match(outcome.stderr, says, args.join(' '));
      assert.equal(outcome.code, code, args.join(' '));
      assert.equal(outcome.stdout, '', args.join(' '));
      assert.doesNotMatch(outcome.stderr, /\n {4}at /, 'no stack trace');
    }
  });

  test('one bad line of ndjson is named, the others are stored, and the exit code says so', async () => {
    const { code, stderr } = await klamm(
      ['produce', 'mixed', '--create', '--input', 'ndjson'],
      '{"value":"a"}\nno\n{"value":"b"}\n',
    );
    assert.equal(code, 1);
    assert.match(stderr, /line 2 is not JSON/);
    assert.match(stderr, /2 records in mixed/);
  });

  test('a dry run of start checks the settings and leaves no file behind', async () => {
    const { code, stderr } = await klamm(['start', '--port', '0', '--data', 'unmade', '--dry-run']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /settings are in order/);
    assert.ok(!existsSync(join(folder, 'unmade')));
  });

  test('help for programs is JSON', async () => {
    const help = JSON.parse((await klamm(['topic', '--help-json'])).stdout);
    assert.equal(help.name, 'topic');
    assert.ok(help.commands.some((command: { name: string }) => command.name === 'create'));
  });

  test('a reader that closes the pipe is no failure', async () => {
    const { code, stderr } = await runProgram(
      'sh',
      ['-c', `"$0" "$1" consume numbers -o start -e -b ${bootstrap} | head -n 1`, process.execPath, BIN],
      { mayFail: true },
    );
    assert.equal(code, 0);
    assert.equal(stderr, '');
  });
});

test('SIGTERM closes cleanly, also when it comes twice at once, and the data is there afterwards', async () => {
  const home = mkdtempSync(join(tmpdir(), 'klamm-cli-'));
  try {
    const start = (): RunningProgram =>
      startProgram(process.execPath, [BIN, 'start', '--port', '0', '--data', home], { timeoutMs: 30_000 });
    const first = start();
    await first.line(/Ctrl-C closes it/);
    const at = addressOf(first);
    await runProgram(process.execPath, [BIN, 'produce', 'kept', '--create', '-b', at], { stdin: 'here\n' });
    process.kill(first.pid, 'SIGTERM');
    const { code, stderr } = await first.stop('SIGTERM');
    assert.equal(code, 0);
    assert.match(stderr, /klamm: closed/);
    const second = start();
    await second.line(/Ctrl-C closes it/);
    assert.doesNotMatch(second.printed.stderr, /not closed in order/);
    const read = await runProgram(process.execPath, [
      BIN,
      'consume',
      'kept',
      '-o',
      'start',
      '-e',
      '-b',
      addressOf(second),
    ]);
    assert.equal(read.stdout, 'here\n');
    assert.equal((await second.stop('SIGINT')).code, 0);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test('SIGTERM while the broker is starting closes it in order', async () => {
  const home = mkdtempSync(join(tmpdir(), 'klamm-cli-'));
  try {
    const args = [BIN, 'start', '--port', '0', '--data', join(home, 'data')];
    const starting = startProgram(process.execPath, args, { timeoutMs: 30_000 });
    let over = false;
    void starting.ended.then(() => {
      over = true;
    });
    while (!over && !existsSync(join(home, 'data'))) await new Promise((resolve) => setImmediate(resolve));
    const { code, signal, stderr } = await starting.stop('SIGTERM');
    assert.deepEqual([code, signal], [0, null], stderr);
    assert.match(stderr, /klamm: closed/);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
