// Which processes run on this machine, for the lock of a data directory. A number alone would not do: it may be given
// to another process after a crash, so the time at which the process began goes with it where the system tells it.

import { readFileSync } from 'node:fs';
import type { ProcessTable } from './storage/directory.ts';

function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields 3 and 22, counted behind the command's name in brackets: its state, and when it began, in clock ticks from
    // the start of the machine. What has ended, and waits for its parent to hear of it, is no process any more.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

/** Names a process that runs now, beyond the reuse of its number. */
export const holderOf = (pid: number): string => `${pid} ${startOf(pid)}`.trim();

export const thisMachine: ProcessTable = {
  self: holderOf(process.pid),
  isAlive(holder) {
    const [pidText = '', start] = holder.split(' ');
    const pid = Number(pidText);
    if (!Number.isInteger(pid) || pid <= 0) return false;
    try {
      process.kill(pid, 0);
    } catch (error) {
      // EPERM: it runs, but belongs to somebody else.
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
    }
    return start === undefined || startOf(pid) === start;
  },
};
