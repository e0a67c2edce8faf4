// Things that are fetched or built once and kept in the repository's .cache folder: Kafka's jars, Go programs.
//
// The key is the content they are made from, so a changed pom.xml or program is built anew. Safe when several test
// files start at once: one builds, the others wait for it; what is there is always whole, for it is renamed into place.

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '@klamm/base/clock';

const CACHE = fileURLToPath(new URL('../../.cache/peers/', import.meta.url));

/** The folder that `build` filled, now or earlier, from the files and folders in `sources`. */
export async function cached(
  name: string,
  sources: readonly string[],
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(CACHE, `${name}-${digest(sources)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const release = await lock(`${folder}.lock`);
  try {
    if (existsSync(folder)) return folder;
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial);
    await build(partial);
    renameSync(partial, folder);
    return folder;
  } finally {
    release();
  }
}

function digest(sources: readonly string[]): string {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of filesOf(source))
      hash.update(file.slice(source.length)).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 12);
}

function filesOf(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Holds a lock file with our process id in it; a lock whose holder is gone is taken over. */
async function lock(path: string): Promise<() => void> {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    }
    if (isHeld(path)) await sleep(systemClock, 100);
    else rmSync(path, { force: true });
  }
}

function isHeld(path: string): boolean {
  try {
    const holder = Number(readFileSync(path, 'utf8'));
    // A holder writes its number right after it has made the file.
    if (holder !== 0) process.kill(holder, 0);
    return true;
  } catch {
    return false;
  }
}
