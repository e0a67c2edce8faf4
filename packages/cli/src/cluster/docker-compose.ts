// A cluster in containers is run by Docker's own compose, whose output is shown as it is.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { KlammError } from '@klamm/base/errors';
import { COMPOSE_FILE } from './compose-file.ts';

/** Docker's exit code for a command line that it does not know. */
const NOT_UNDERSTOOD = 125;

/** Throws KlammError DOCKER_MISSING, or COMPOSE_FAILED where Docker says no. */
export async function runCompose(directory: string, args: readonly string[]): Promise<void> {
  const all = ['compose', '-f', join(directory, COMPOSE_FILE), ...args];
  const child = spawn('docker', all, { stdio: 'inherit' });
  const failed = once(child, 'error').then(() => {
    throw new KlammError(
      'There is no `docker` here. Install Docker with its compose plugin, or make a cluster on plain JVMs: klamm cluster init without --compose.',
      { code: 'DOCKER_MISSING', retriable: false },
    );
  });
  const [code] = await Promise.race([once(child, 'close'), failed]);
  if (code === 0) return;
  const hint = code === NOT_UNDERSTOOD ? " Is Docker's compose plugin installed?" : '';
  throw new KlammError(
    `docker ${all.join(' ')} ended with exit code ${code}; what it said stands above.${hint}`,
    { code: 'COMPOSE_FAILED', retriable: false },
  );
}
