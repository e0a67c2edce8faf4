// What `npm install klamm` gives: packed, installed into an empty folder, and used there as a user's project would.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { pack } from '../../scripts/pack.ts';
import { runProgram, startProgram } from '../peers/program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** npx finds the Node of this test first, not the machine's own, which may be older. */
const env = { PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`, NO_COLOR: '1' };

const USES = `
import { Kafka } from 'klamm';
import { startBroker } from 'klamm/broker';
import { issueAuthority, issueBroker } from 'klamm/certs';

const authority = await issueAuthority({ name: 'CN=CA' });
const { key, certificate } = await issueBroker({ name: 'CN=broker', ips: ['127.0.0.1'], authority });
await using broker = await startBroker({ port: 0, tls: { key, cert: certificate } });
const kafka = new Kafka({ brokers: [broker.bootstrap], tls: { ca: authority.certificate } });
{
  await using admin = kafka.admin();
  await admin.createTopic({ name: 'greetings', partitions: 1 });
}
{
  await using producer = kafka.producer();
  await producer.send({ topic: 'greetings', key: 'k', value: 'hello' });
}
for await (const message of kafka.consume({ topic: 'greetings', from: 'earliest', toEnd: true })) {
  console.log(message.offset, String(message.key), message.text());
}
`;

suite('the packed package', () => {
  let folder: string;
  let packed: ReturnType<typeof pack>;
  let project: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'klamm-packed-'));
    packed = pack(join(folder, 'out'));
    project = join(folder, 'project');
    mkdirSync(project);
    writeFileSync(
      join(project, 'package.json'),
      '{ "name": "project", "private": true, "type": "module" }\n',
    );
    const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await runProgram('npm', ['install', ...flags, packed.tarball], { cwd: project, env, timeoutMs: 240_000 });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  test('holds compiled code and papers, and no tests or sources', () => {
    const home = join(project, 'node_modules/klamm');
    for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md', 'dist/klamm/index.d.ts']) {
      assert.ok(existsSync(join(home, file)), file);
    }
    const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    for (const [name, version] of Object.entries(dependencies)) assert.match(String(version), /^\^?\d/, name);
    assert.ok(!existsSync(join(home, 'dist/broker/testing')));
    assert.ok(!existsSync(join(project, 'node_modules/@klamm')), 'inner packages come inside');
  });

  test('npx klamm gives its version, starts, and carries a record', async () => {
    const version = await runProgram('npx', ['klamm', '--version'], { cwd: project, env });
    assert.equal(version.stdout.trim(), '0.1.0');
    // npx passes no signals on, so what has to be stopped is started without it.
    const bin = join(project, 'node_modules/.bin/klamm');
    await using broker = startProgram(bin, ['start', '--memory', '--port', '0'], {
      cwd: project,
      env,
      timeoutMs: 60_000,
    });
    await broker.line(/Ctrl-C closes it/);
    const at = /listening on PLAINTEXT:\/\/(\S+)/.exec(broker.printed.stderr)?.[1] ?? '';
    const run = (args: string[], stdin = '') =>
      runProgram(bin, [...args, '-b', at], { cwd: project, env, stdin });
    await run(['topic', 'create', 'greetings']);
    await run(['produce', 'greetings', '-z', 'zstd'], 'hello\n');
    assert.equal((await run(['consume', 'greetings', '-o', 'start', '-e'])).stdout, 'hello\n');
  });

  test('is imported from JavaScript', async () => {
    writeFileSync(join(project, 'uses.js'), USES);
    const { stdout } = await runProgram(process.execPath, ['uses.js'], { cwd: project, env });
    assert.equal(stdout, '0 k hello\n');
  });

  test('is imported from TypeScript, in strict mode and with its declarations checked', async () => {
    writeFileSync(
      join(project, 'uses.ts'),
      `${USES}
import type { RecordMetadata } from 'klamm';
const sent: RecordMetadata = await kafka.producer().send({ topic: 't', value: 'v' });
const offset: number = sent.offset;
// @ts-expect-error: the value has to be text or bytes
await kafka.producer().send({ topic: 't', value: 7 });
console.log(offset);
`,
    );
    const compilerOptions = {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      module: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['uses.ts'] }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { code, stdout } = await runProgram(process.execPath, [tsc, '-p', project], { mayFail: true });
    assert.equal(code, 0, stdout);
  });

  test('publint finds nothing', async () => {
    const { messages, pkg } = await publint({ pkgDir: packed.folder, strict: true, pack: false });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg, { color: false })),
      [],
    );
  });

  test('arethetypeswrong finds nothing for modules', async () => {
    const analysis = await checkPackage(
      createPackageFromTarballData(new Uint8Array(readFileSync(packed.tarball))),
    );
    assert.ok(analysis.types !== false);
    // The package is for `import`; require() and the resolution of Node 10 are what its engines leave behind.
    const problems = analysis.problems.filter(
      (problem) =>
        !('resolutionKind' in problem) || !['node10', 'node16-cjs'].includes(problem.resolutionKind),
    );
    assert.deepEqual(problems, []);
  });
});
