// `npm run pack`: what users install. Compiles the packages to JavaScript with declarations, puts the inner ones inside
// `klamm` (imports of `@klamm/…` become relative), writes its package.json, and packs it.
//
// Node does not strip types under node_modules, so what is published is compiled; the repository itself runs from
// source. Nothing is bundled: a stack trace names the file as it is called here.

import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['base', 'certs', 'protocol', 'broker', 'client', 'mirror', 'cli', 'klamm'];
const ENGINES = '>=24';

interface Manifest {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Builds into `folder` (emptied first). Returns the path of the package's folder and of its tarball. */
export function pack(folder: string): { readonly folder: string; readonly tarball: string } {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const home = join(folder, 'klamm');
  compile(folder, join(home, 'dist'));
  for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) cpSync(join(ROOT, file), join(home, file));
  writeFileSync(join(home, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: home,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  return { folder: home, tarball: join(folder, packedName(output)) };
}

/** npm names the tarball in a list, or (from npm 12 on) in an object by package. */
function packedName(output: string): string {
  const [first] = Object.values(JSON.parse(output) as Record<string, { readonly filename: string }>);
  if (first === undefined) throw new Error(`npm pack named no file: ${output}`);
  return first.filename;
}

function compile(folder: string, target: string): void {
  const config = join(folder, 'tsconfig.json');
  const compiled = join(folder, 'compiled');
  const source = relative(folder, join(ROOT, 'packages')).split(sep).join('/');
  writeFileSync(
    config,
    JSON.stringify({
      extends: relative(folder, join(ROOT, 'tsconfig.json')).split(sep).join('/'),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        rootDir: source,
        outDir: compiled,
        typeRoots: [relative(folder, join(ROOT, 'node_modules/@types')).split(sep).join('/')],
      },
      include: [`${source}/*/src`],
      exclude: [`${source}/*/src/**/*.test.ts`, `${source}/*/src/**/testing`],
    }),
  );
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', config], {
    stdio: 'inherit',
  });
  mkdirSync(target, { recursive: true });
  for (const name of PACKAGES) renameSync(join(compiled, name, 'src'), join(target, name));
  for (const file of globSync('**/*.{js,d.ts}', { cwd: target })) {
    const path = join(target, file);
    writeFileSync(path, relocate(readFileSync(path, 'utf8'), file.split(sep).join('/')));
  }
  rmSync(compiled, { recursive: true });
  rmSync(config);
}

/** The text of a compiled file with imports as they are in the package: relative, and of JavaScript. */
export function relocate(text: string, file: string): string {
  return text
    .replace(/(['"])@klamm\/([\w-]+)\/([\w./-]+)\1/g, (_, quote: string, name: string, path: string) => {
      const to = relative(dirname(file), `${name}/${path}.js`).split(sep).join('/');
      return `${quote}${to.startsWith('.') ? to : `./${to}`}${quote}`;
    })
    .replace(/((?:from|import)\s*\(?\s*)(['"])(\.[^'"]*)\.ts\2/g, '$1$2$3.js$2');
}

function manifest(): object {
  const { version, description, license } = read('klamm');
  const dependencies = Object.fromEntries(
    PACKAGES.flatMap((name) => Object.entries(read(name).dependencies))
      .filter(([name]) => !name.startsWith('@klamm/'))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const entry = (name: string): object => ({
    types: `./dist/klamm/${name}.d.ts`,
    default: `./dist/klamm/${name}.js`,
  });
  return {
    name: 'klamm',
    version,
    description,
    keywords: ['kafka', 'broker', 'client', 'cli', 'streaming', 'kafkajs', 'typescript'],
    license,
    type: 'module',
    engines: { node: ENGINES },
    bin: { klamm: 'dist/klamm/bin.js' },
    exports: {
      '.': entry('index'),
      './broker': entry('broker'),
      './certs': entry('certs'),
      './package.json': './package.json',
    },
    files: ['dist', 'README.md', 'LICENSE', 'CHANGELOG.md'],
    dependencies,
    peerDependencies: { '@types/node': '>=24' },
    peerDependenciesMeta: { '@types/node': { optional: true } },
  };
}

function read(name: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8')) as Manifest;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { tarball } = pack(join(ROOT, 'dist'));
  console.log(tarball);
}
