// The two lists that follow from file names: every API of the protocol, and every handler of the broker.
//
// A numbered file (`NN-name.ts`) that exports an API or a handler belongs in the list beside it. `staleLists` says
// which lists are not what the files say, `writeLists` puts them right; both give the same text, already formatted.
// scripts/tidy.ts calls them; nothing here may run at start-up of the broker.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface List {
  readonly folder: string;
  /** Finds what a numbered file exports; its first group is the name. */
  readonly exported: RegExp;
  readonly header: readonly string[];
  readonly footer: (names: readonly string[]) => readonly string[];
}

const LISTS: readonly List[] = [
  {
    folder: 'packages/protocol/src/api',
    exported: /^export const (\w+) = api\(/m,
    header: [
      '// Every API there is, in order of key. Written by `npm run tidy -- --fix` from the file names: edit those.',
      '',
      "import type { Api } from '../schema/message.ts';",
    ],
    footer: (names) => [
      'export const apis: readonly Api[] = [',
      ...names.map((name) => `  ${name},`),
      '];',
      '',
      'export const apiByKey: ReadonlyMap<number, Api> = new Map(apis.map((api) => [api.key, api]));',
    ],
  },
  {
    folder: 'packages/broker/src/handlers',
    exported: /^export const (\w+)(?:: Handler)? = defineHandler\(/m,
    header: [
      '// Every handler there is, in order of API key. Written by `npm run tidy -- --fix` from the file names: edit those.',
      '',
      "import type { Handler } from '../dispatch/handler.ts';",
    ],
    footer: (names) => [
      'export const handlers: readonly Handler[] = [',
      ...names.map((name) => `  ${name},`),
      '];',
    ],
  },
];

const NUMBERED = /^(\d+)-.+(?<!\.test)\.ts$/;

/** What a list must say. Throws where a numbered file exports nothing that belongs in it. */
function textOf(root: string, list: List): string {
  const folder = join(root, list.folder);
  const entries = readdirSync(folder)
    .filter((file) => NUMBERED.test(file))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((file) => {
      const name = list.exported.exec(readFileSync(join(folder, file), 'utf8'))?.[1];
      if (name === undefined) {
        throw new Error(
          `${list.folder}/${file} has a number, but exports nothing that matches ${list.exported}.`,
        );
      }
      return { file, name };
    });
  const lines = [
    ...list.header,
    ...entries.map(({ file, name }) => `import { ${name} } from './${file}';`),
    '',
    ...list.footer(entries.map(({ name }) => name)),
  ];
  return `${lines.join('\n')}\n`;
}

function currentText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The lists (paths from `root`) that differ from what the files beside them say. */
export function staleLists(root: string): string[] {
  return LISTS.filter((list) => currentText(join(root, list.folder, 'index.ts')) !== textOf(root, list)).map(
    (list) => `${list.folder}/index.ts`,
  );
}

/** Rewrites the stale lists and returns their paths. */
export function writeLists(root: string): string[] {
  const stale = staleLists(root);
  for (const list of LISTS) {
    const path = `${list.folder}/index.ts`;
    if (stale.includes(path)) writeFileSync(join(root, path), textOf(root, list));
  }
  return stale;
}
