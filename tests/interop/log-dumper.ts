// Apache Kafka's DumpLogSegments over the files of a closed data directory, which must not complain of any.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Java } from '../peers/java.ts';

const COMPLAINT =
  /isvalid: false|Mismatch|Non-consecutive|out of order|Found timestamp|not be matched|corrupt|could not|unable to|invalid|exception|\berror\b/i;

export class LogDumper {
  readonly #java: Java;
  readonly #folder: string;

  constructor(java: Java, folder: string) {
    this.#java = java;
    this.#folder = folder;
  }

  /** The files of partitions, both by what their names match. */
  files(endings: RegExp, directories: RegExp): string[] {
    return readdirSync(this.#folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && directories.test(entry.name))
      .map((entry) => join(this.#folder, entry.name))
      .flatMap((directory) => readdirSync(directory).map((file) => join(directory, file)))
      .filter((file) => endings.test(file))
      .sort();
  }

  /** The lines that DumpLogSegments prints for each file. Asserts that it complains of none. */
  async dump(paths: readonly string[], ...args: string[]): Promise<Map<string, string[]>> {
    // With --deep-iteration it takes the first record of every rolled segment for a gap after offset -1.
    return await this.#dump(paths, args, /^Non-consecutive offsets in .*\n {2}-1 is followed by \d+\n/gm);
  }

  /**
   * As `dump`, of logs that were compacted: their offsets have gaps, and a batch that lost all its records, but is kept for
   * its producer's sake, has a timestamp of which the tool knows nothing.
   */
  async dumpCompacted(paths: readonly string[], ...args: string[]): Promise<Map<string, string[]>> {
    return await this.#dump(
      paths,
      args,
      /^Non-consecutive offsets in .*\n( {2}-?\d+ is followed by \d+\n)+|^Found timestamp mismatch in .*\n( {2}Index timestamp: \d+, log timestamp: -1\n)+/gm,
    );
  }

  async #dump(
    paths: readonly string[],
    args: readonly string[],
    expected: RegExp,
  ): Promise<Map<string, string[]>> {
    assert.ok(paths.length > 0, 'there is nothing to dump');
    const mainClass = 'org.apache.kafka.tools.DumpLogSegments';
    const { stdout, stderr } = await this.#java.run(mainClass, [...args, '--files', paths.join(',')], {
      timeoutMs: 120_000,
    });
    assert.equal(stderr.replaceAll(expected, ''), '');
    const dumped = new Map<string, string[]>();
    let lines: string[] = [];
    for (const line of stdout.split('\n')) {
      const [, path] = /^Dumping (.+)$/.exec(line) ?? [];
      if (path !== undefined) {
        lines = [];
        dumped.set(path, lines);
      } else if (line !== '') {
        lines.push(line);
      }
    }
    assert.deepEqual([...dumped.keys()].sort(), [...paths].sort());
    // A record's own text may say anything.
    const said = stdout.replaceAll(/ payload: .*$/gm, '');
    assert.equal(
      said.split('\n').find((line) => COMPLAINT.test(line)),
      undefined,
    );
    return dumped;
  }
}
