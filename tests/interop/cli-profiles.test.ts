// Profiles as a person uses them: a cluster over TLS with logins, made known once, by hand or from other clients' files.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, untilAnswers } from '../peers/ports.ts';
import { type Outcome, type RunningProgram, runProgram, startProgram } from '../peers/program.ts';

const BIN = fileURLToPath(new URL('../../packages/klamm/src/bin.ts', import.meta.url));
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';

let folder: string;
let broker: RunningProgram;
let secured: string;
let open: string;

const klamm = (args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> =>
  runProgram(process.execPath, [BIN, ...args], {
    mayFail: true,
    cwd: folder,
    env: { NO_COLOR: '1', XDG_CONFIG_HOME: folder, KLAMM_BOOTSTRAP: '', ...env },
  });

async function done(...args: string[]): Promise<Outcome> {
  const outcome = await klamm(args, { PW: 'hunter2' });
  assert.equal(outcome.code, 0, outcome.stderr);
  assert.doesNotMatch(outcome.stdout + outcome.stderr, /hunter2/);
  return outcome;
}

suite('klamm profile', { timeout: 120_000 }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'klamm-profiles-'));
    writeFileSync(join(folder, 'store.secret'), 'storepassword\n');
    await done('certs', 'ca');
    await done('certs', 'broker', '--address', '127.0.0.1', '--password-file', 'store.secret');
    const [tls, clear] = [await freePort(), await freePort()];
    secured = `127.0.0.1:${tls}`;
    open = `127.0.0.1:${clear}`;
    writeFileSync(
      join(folder, 'server.properties'),
      [
        `listeners=EXTERNAL://${secured},INTERNAL://${open}`,
        'listener.security.protocol.map=EXTERNAL:SASL_SSL,INTERNAL:PLAINTEXT',
        'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512',
        `listener.name.external.plain.sasl.jaas.config=${PLAIN} required user_alice="hunter2";`,
        'ssl.keystore.location=certs/broker.p12',
        'ssl.keystore.password=storepassword',
        '',
      ].join('\n'),
    );
    broker = startProgram(process.execPath, [BIN, 'start', '--memory', '-c', 'server.properties'], {
      cwd: folder,
    });
    await untilAnswers(clear, broker);
    await done('topic', 'create', 'orders', '-b', open);
  });

  after(async () => {
    await broker?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a profile logs in over TLS, by its name and as the current one; flags win over it', async () => {
    const login = ['--mechanism', 'PLAIN', '--username', 'alice', '--password-env', 'PW'];
    await done('profile', 'add', 'prod', '-b', secured, '--ca', 'certs/ca.crt', ...login);
    const file = join(folder, 'klamm', 'config.toml');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.doesNotMatch(readFileSync(file, 'utf8'), /hunter2/);
    assert.match(
      (await done('profile', 'test', 'prod')).stderr,
      /prod works: .* answers, over TLS, as alice/,
    );
    assert.match((await done('topic', 'list', '--profile', 'prod')).stdout, /orders/);
    assert.equal((await klamm(['topic', 'list', '--timeout', '1s'])).code, 1, 'no profile is in use yet');
    await done('profile', 'use', 'prod');
    assert.match((await done('topic', 'list')).stdout, /orders/);
    assert.match(
      (await done('topic', 'list', '-b', open, '-X', 'security.protocol=PLAINTEXT')).stdout,
      /orders/,
    );
    const [shown] = JSON.parse((await done('profile', 'list', '-o', 'json')).stdout);
    assert.deepEqual(shown, {
      current: true,
      name: 'prod',
      bootstrap: secured,
      tls: true,
      mechanism: 'PLAIN',
      username: 'alice',
    });
    await done('profile', 'use');
  });

  test('files of Java and of kcat become profiles, and are taken as they are', async () => {
    writeFileSync(
      join(folder, 'client.properties'),
      `bootstrap.servers=${secured}\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n` +
        `sasl.jaas.config=${PLAIN} required username="alice" password="hunter2";\nssl.truststore.location=certs/ca.crt\n`,
    );
    writeFileSync(
      join(folder, 'kcat.conf'),
      `metadata.broker.list=${secured}\nsecurity.protocol=sasl_ssl\nsasl.mechanisms=PLAIN\nsasl.username=alice\n` +
        'sasl.password=hunter2\nssl.ca.location=certs/ca.crt\n',
    );
    for (const file of ['client.properties', 'kcat.conf']) {
      const { stderr } = await done('profile', 'import', file.replace(/\W/g, '-'), file);
      assert.match(stderr, /holds sasl\.password as plain text/);
      await done('profile', 'test', file.replace(/\W/g, '-'));
      await done('profile', 'show', file.replace(/\W/g, '-'));
      assert.match((await done('topic', 'list', '--command-config', file)).stdout, /orders/);
    }
    await done('profile', 'remove', 'kcat-conf', '--yes');
    assert.match((await klamm(['profile', 'show', 'kcat-conf'])).stderr, /There is no profile kcat-conf/);
  });

  test('what does not fit is named: the password, the authority, the protocol, a variable', async () => {
    const login = ['--mechanism', 'PLAIN', '--username', 'alice', '--password-env', 'PW'];
    await done('profile', 'add', 'wrong', '-b', secured, '--ca', 'certs/ca.crt', ...login);
    const cases: [string[], Record<string, string>, RegExp][] = [
      [['topic', 'list', '--profile', 'wrong'], { PW: 'other-secret' }, /SASL_AUTHENTICATION_FAILED/],
      [['topic', 'list', '--profile', 'wrong'], {}, /sasl\.password_env PW: this variable is not set/],
      [['topic', 'list', '-b', secured, '-X', 'security.protocol=SSL'], {}, /certificate|authority|vouch/i],
      [['topic', 'list', '--profile', 'wrnog'], {}, /did you mean wrong\?/],
      [['topic', 'list', '-X', 'security.protocol=TLS'], {}, /security\.protocol is "TLS"/],
    ];
    for (const [args, env, message] of cases) {
      const { code, stderr } = await klamm([...args, '--timeout', '3s'], env);
      assert.notEqual(code, 0, args.join(' '));
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /other-secret|hunter2/);
    }
  });

  test('an authority, a password in a flag, and SCRAM users made by the command line', async () => {
    writeFileSync(join(folder, 'bob.secret'), 'hunter2\n');
    await done('user', 'add', 'bob', '--password-file', 'bob.secret', '-b', open);
    const login = ['--mechanism', 'SCRAM-SHA-512', '--username', 'bob', '--password-file', 'bob.secret'];
    await done('profile', 'add', 'bob', '-b', secured, '--ca', 'certs/ca.crt', ...login);
    assert.match((await done('profile', 'test', 'bob')).stderr, /as bob/);
    const flags = [
      'security.protocol=SASL_SSL',
      'sasl.mechanism=SCRAM-SHA-512',
      'sasl.username=bob',
      'sasl.password=hunter2',
      'ssl.ca.location=certs/ca.crt',
    ];
    const { stderr } = await done('topic', 'list', '-b', secured, ...flags.flatMap((flag) => ['-X', flag]));
    assert.match(stderr, /-X sasl\.password is in the history of your shell/);
  });
});
