// kcat, the command line around librdkafka (Debian's package `kcat`).

import { type Outcome, type ProgramOptions, runProgram } from './program.ts';

/** Runs kcat against a broker: `kcat(bootstrap, ['-L'])`. */
export type Kcat = (bootstrap: string, args: readonly string[], options?: ProgramOptions) => Promise<Outcome>;

/** Finds kcat on the path; throws what to do when it is not there. */
export async function getKcat(): Promise<Kcat> {
  try {
    await runProgram('kcat', ['-V']);
  } catch (cause) {
    throw new Error('kcat is not installed (on Debian: apt-get install kcat)', { cause });
  }
  return (bootstrap, args, options) => runProgram('kcat', ['-b', bootstrap, ...args], options);
}

/** One record as `kcat -J` prints it. */
export interface KcatRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly ts: number;
  readonly tstype: string;
  readonly key: string | null;
  readonly payload: string | null;
  readonly headers?: readonly string[];
}

/** Reads records as JSON; `args` says which, for example `['-o', 'beginning', '-e']`. Sorted by partition and offset. */
export async function readRecords(
  kcat: Kcat,
  bootstrap: string,
  topic: string,
  args: readonly string[] = ['-o', 'beginning', '-e'],
): Promise<KcatRecord[]> {
  const { stdout } = await kcat(bootstrap, ['-C', '-t', topic, '-q', '-J', ...args]);
  const records: KcatRecord[] = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** One record with its key and value as the bytes they are. */
export interface RawRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Reads a partition from its first record to its end, whatever bytes the records hold. */
export async function readPartition(
  kcat: Kcat,
  bootstrap: string,
  topic: string,
  partition: number,
  args: readonly string[] = [],
): Promise<RawRecord[]> {
  const format = ['-f', '%o %T %K %S\n%k%s\n', '-o', 'beginning', '-e', '-q'];
  const partitionArgs = ['-C', '-t', topic, '-p', String(partition)];
  const { stdoutBytes } = await kcat(bootstrap, [...partitionArgs, ...format, ...args]);
  const records: RawRecord[] = [];
  for (let at = 0; at < stdoutBytes.length; ) {
    const end = stdoutBytes.indexOf('\n', at);
    const [offset = 0, timestamp = 0, keyBytes = 0, valueBytes = 0] = stdoutBytes
      .toString('latin1', at, end)
      .split(' ')
      .map(Number);
    at = end + 1;
    const take = (bytes: number): Buffer | null => {
      if (bytes < 0) return null;
      at += bytes;
      return stdoutBytes.subarray(at - bytes, at);
    };
    records.push({ offset, timestamp, key: take(keyBytes), value: take(valueBytes) });
    at += 1;
  }
  return records;
}
