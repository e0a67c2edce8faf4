// Which processes run on this machine, for the lock of a data directory. A number alone would not do: it may be given
// to another process after a crash, so the time at which the process began goes with it where the system tells it.

import { readFileSync } from 'node:fs';
import type { ProcessTable } from './storage/directory.ts';

function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22, counted behind the command's name in brackets: clock ticks from the start of the machine.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

export const thisMachine: ProcessTable = {
  self: `${process.pid} ${startOf(process.pid)}`.trim(),
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
