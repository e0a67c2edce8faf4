// The tests of franz-go's own client, kgo, as a program: its authors' idea of what a broker does.
//
// They are built once into the .cache folder, in the version that go/go.mod names.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from './cache.ts';
import { runProgram } from './program.ts';

const PACKAGE = 'github.com/twmb/franz-go/pkg/kgo';
const PROGRAM = 'kgo.test';
const MODULE = fileURLToPath(new URL('go/', import.meta.url));

interface KgoOutcome {
  /** Names of top-level tests. */
  readonly passed: string[];
  readonly failed: string[];
  readonly skipped: string[];
  readonly output: string;
}

interface ScramLogin {
  readonly bootstrap: string;
  readonly user: string;
  readonly password: string;
}

export interface Kgo {
  /**
   * Runs all tests against a broker; `records` is how many each of the large ones sends. `scram`: a listener where a
   * user can log in by SCRAM-SHA-256.
   */
  run(bootstrap: string, records: number, timeoutMs: number, scram?: ScramLogin): Promise<KgoOutcome>;
}

/** Builds the tests; throws what is missing and what to do. */
export async function getKgo(): Promise<Kgo> {
  await runProgram('go', ['version']).catch((cause: unknown) => {
    throw new Error('go is not installed (franz-go needs Go 1.26 or newer)', { cause });
  });
  const sources = [join(MODULE, 'go.mod'), join(MODULE, 'go.sum'), fileURLToPath(import.meta.url)];
  const folder = await cached('kgo', sources, async (target) => {
    const build = ['test', '-c', '-trimpath', '-buildvcs=false', '-o', join(target, PROGRAM), PACKAGE];
    await runProgram('go', build, { cwd: MODULE, timeoutMs: 600_000 });
  });
  // One of the tests reads the package's source.
  const { stdout } = await runProgram('go', ['list', '-f', '{{.Dir}}', PACKAGE], { cwd: MODULE });
  return {
    async run(bootstrap, records, timeoutMs, scram) {
      const outcome = await runProgram(
        join(folder, PROGRAM),
        ['-test.v', '-test.timeout', `${Math.round(timeoutMs / 1000)}s`],
        {
          cwd: stdout.trim(),
          env: {
            KGO_SEEDS: bootstrap,
            KGO_TEST_RF: '1',
            KGO_TEST_RECORDS: String(records),
            KGO_LOG_LEVEL: 'none',
            ...(scram && {
              KGO_TEST_SCRAM_SEEDS: scram.bootstrap,
              KGO_TEST_SCRAM: `${scram.user}:${scram.password}`,
            }),
          },
          timeoutMs: timeoutMs + 10_000,
          mayFail: true,
        },
      );
      const output = outcome.stdout + outcome.stderr;
      const named = (result: string): string[] =>
        [...output.matchAll(new RegExp(`^--- ${result}: (\\w+)`, 'gm'))]
          .map(([, name]) => String(name))
          .sort();
      return { passed: named('PASS'), failed: named('FAIL'), skipped: named('SKIP'), output };
    },
  };
}
