// What a process has used so far, read from Linux's /proc. On other systems the figures are left out.

import { readFileSync } from 'node:fs';

export interface ProcessUsage {
  /** CPU time of the process, user and system, in seconds. */
  readonly cpuSeconds: number;
  /** Memory resident now, and the most it ever was, in MB (10^6 bytes). */
  readonly residentMb: number;
  readonly peakMb: number;
}

// The unit of /proc/PID/stat's times: sysconf(_SC_CLK_TCK), which is 100 on every Linux that Node runs on.
const TICKS_PER_SECOND = 100;

export function processUsage(pid: number): ProcessUsage | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields are counted behind the command's name, which is in brackets and may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const kb = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      residentMb: (kb('VmRSS') * 1024) / 1e6,
      peakMb: (kb('VmHWM') * 1024) / 1e6,
    };
  } catch {
    return undefined;
  }
}
