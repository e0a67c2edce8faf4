// Apache Kafka's DumpLogSegments over all that a broker has left, however much it is: it must not complain of any file.

import { statSync } from 'node:fs';
import { LogDumper } from '../interop/log-dumper.ts';
import type { Java } from '../peers/java.ts';

/** Of logs that are dumped at a time: the tool prints more than it reads. */
const BYTES_AT_ONCE = 8 * 1_048_576;
const FILES_AT_ONCE = 200;

export async function dumpAll(java: Java, folder: string): Promise<void> {
  const dumper = new LogDumper(java, folder);
  const logsOf = (topics: RegExp): string[][] => inParts(dumper.files(/\.log$/, topics));
  for (const part of logsOf(/^(ledger|copy|copy-java)-\d+$/)) await dumper.dump(part, '--deep-iteration');
  for (const part of logsOf(/^latest-\d+$/)) await dumper.dumpCompacted(part, '--deep-iteration');
  for (const part of logsOf(/^__transaction_state-\d+$/)) {
    await dumper.dumpCompacted(part, '--transaction-log-decoder');
  }
  for (const part of logsOf(/^__consumer_offsets-\d+$/)) {
    await dumper.dumpCompacted(part, '--offsets-decoder');
  }
  const indexes = dumper.files(/\.(index|timeindex|txnindex)$/, /-\d+$/);
  for (const part of inParts(indexes)) {
    await dumper.dumpCompacted(part);
    await dumper.dumpCompacted(part, '--verify-index-only');
  }
  for (const part of inParts(indexes.filter((path) => !path.endsWith('.txnindex')))) {
    await dumper.dump(part, '--index-sanity-check');
  }
  for (const part of inParts(dumper.files(/\.snapshot$/, /^(?!__cluster).*-\d+$/))) await dumper.dump(part);
}

function inParts(paths: readonly string[]): string[][] {
  const parts: string[][] = [];
  let bytes = 0;
  for (const path of paths) {
    const part = parts.at(-1);
    bytes += statSync(path).size;
    if (part === undefined || bytes > BYTES_AT_ONCE || part.length === FILES_AT_ONCE) {
      parts.push([path]);
      bytes = statSync(path).size;
    } else part.push(path);
  }
  return parts;
}
