// Runs before `npm start` and `npm test`, under whatever Node the machine has (20 or newer), so it is
// plain JavaScript. Installs the locked dependencies, among them the Node the project is written for,
// when they are missing or older than the lock file.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.package-lock.json`;

const installed =
  existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs - 1000;

if (!installed) {
  process.stderr.write('klamm: installing dependencies (once; about half a minute)\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    process.stderr.write(
      `klamm: the dependencies could not be installed${error ? `: ${error.message}` : ''}.\n` +
        'Run `npm ci` in this folder to see why (a proxy, a full disk, no network), then try again.\n',
    );
    process.exit(1);
  }
}
