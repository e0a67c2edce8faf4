// The house rules hold in this repository, and the rules themselves notice what they are for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findings, tidy } from './tidy.ts';

test('the repository keeps its rules', () => {
  assert.deepEqual(tidy(), []);
});

test('each rule notices what it forbids', () => {
  const rows: readonly (readonly [path: string, text: string, found: RegExp])[] = [
    ['packages/base/src/x.ts', "import { a } from '@klamm/protocol/a';", /base may import no other package/],
    [
      'packages/broker/src/x.ts',
      "import { a } from '@klamm/client/a';",
      /broker may import base, certs, protocol/,
    ],
    [
      'packages/client/src/x.ts',
      "import { a } from '@klamm/broker/a';",
      /client may import base, certs, protocol/,
    ],
    ['packages/client/src/x.ts', "import { a } from '@klamm/client/a';", /inside a package/],
    ['packages/client/src/x.ts', "const a = await import('@klamm/cli/main');", /client may import/],
    ['packages/client/src/x.ts', "import { a } from './a';", /without its extension/],
    ['packages/client/src/x.ts', "import { a } from '../../broker/src/a.ts';", /outside its package/],
    [
      'packages/broker/src/storage/x.ts',
      "import { a } from '../handlers/a.ts';",
      /storage must not know handlers/,
    ],
    ['packages/broker/src/handlers/x.ts', "import net from 'node:net';", /sockets belong/],
    ['packages/client/src/x.ts', "import fs from 'node:fs';", /files belong/],
    ['packages/client/src/x.ts', 'const now = Date.now();', /time and timers/],
    ['packages/client/src/x.ts', 'setTimeout(f, 1);', /time and timers/],
    ['packages/client/src/x.ts', 'const dice = Math.random();', /chance comes/],
    ['packages/client/src/x.ts', 'export default 1;', /no default exports/],
    ['packages/client/src/x.ts', 'export enum A { B }', /no enums/],
    ['packages/client/src/x.ts', 'namespace A {}', /no namespaces/],
    ['packages/client/src/x.ts', 'f();\n'.repeat(401), /401 lines/],
    ['packages/client/src/x.ts', `// ${'TO'}${'DO'} later`, /no TODO/],
    ['packages/client/src/camelCase.ts', '', /kebab-case/],
    ['packages/client/src/utils.ts', '', /no drawers/],
    ['README.md', `see /${'work'}/shared`, /not of this project/],
  ];
  for (const [path, text, found] of rows) {
    const all = findings([{ path, text }]);
    assert.equal(all.length, 1, `${text || path}: ${all}`);
    assert.match(all[0] ?? '', found);
  }
});

test('what is allowed passes', () => {
  const rows: readonly (readonly [path: string, text: string])[] = [
    [
      'packages/cli/src/x.ts',
      "import { a } from '@klamm/broker/broker';\nimport { readFileSync } from 'node:fs';",
    ],
    ['packages/broker/src/listeners/x.ts', "import { createServer } from 'node:net';"],
    ['packages/broker/src/x.test.ts', "import { a } from '@klamm/client/client';\nsetTimeout(f, 1);"],
    ['packages/client/src/x.ts', '// Date.now() is in clock.ts only\nconst url = "a://b";'],
    ['packages/base/src/clock.ts', 'const now = Date.now();'],
    ['packages/protocol/src/api/00-produce.ts', ''],
  ];
  for (const [path, text] of rows) assert.deepEqual(findings([{ path, text }]), []);
});

test('a cycle of imports is shown as its path, and types make none', () => {
  const a = { path: 'packages/client/src/a.ts', text: "import { b } from './b.ts';" };
  const b = { path: 'packages/client/src/b.ts', text: "import { c } from './c.ts';" };
  const c = { path: 'packages/client/src/c.ts', text: "import { a } from './a.ts';" };
  assert.match(findings([a, b, c])[0] ?? '', /a\.ts → .*b\.ts → .*c\.ts → .*a\.ts/);
  assert.deepEqual(findings([a, b, { ...c, text: "import type { A } from './a.ts';" }]), []);
});
