// Ends a swap that a crash interrupted (org.apache.kafka.storage.internals.log.LogLoader).
//
// `.cleaned` files were not whole yet: they go. A `.swap` file is whole and durable: it takes the place of the segments
// whose offsets it covers, some of which may have been set aside already. Indexes without their .log file are nothing.

import { BATCH_HEADER_BYTES, batchSizeOf, lastOffsetOf } from '@klamm/protocol/records/batch';
import type { Disk } from '../disk.ts';
import {
  baseOffsetOfFile,
  CLEANED_FILE_SUFFIX,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  SWAP_FILE_SUFFIX,
  segmentFileName,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
} from '../file-names.ts';

const KINDS = [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX, LOG_SUFFIX];

/** To be called before the segments of a directory are looked for. */
export function recoverSwap(disk: Disk, directory: string): void {
  const names = disk.list(directory);
  for (const name of names) {
    if (name.endsWith(CLEANED_FILE_SUFFIX)) disk.remove(`${directory}/${name}`);
  }
  const swaps = names.filter((name) => name.endsWith(SWAP_FILE_SUFFIX));
  const withLog = new Set(
    swaps.flatMap((name) => {
      const base = baseOffsetOfFile(name, LOG_SUFFIX + SWAP_FILE_SUFFIX);
      return base < 0 ? [] : [base];
    }),
  );
  for (const base of withLog) finish(disk, directory, base);
  for (const name of swaps) {
    if (disk.exists(`${directory}/${name}`)) disk.remove(`${directory}/${name}`);
  }
  if (swaps.length > 0) disk.syncDirectory(directory);
}

function finish(disk: Disk, directory: string, base: number): void {
  const path = (kind: string, suffix = ''): string => `${directory}/${segmentFileName(base, kind)}${suffix}`;
  const end = endOf(disk, path(LOG_SUFFIX, SWAP_FILE_SUFFIX), base);
  const replaced = disk
    .list(directory)
    .map((name) => baseOffsetOfFile(name, LOG_SUFFIX))
    .filter((each) => each >= base && (each === base || each < end));
  for (const each of replaced) {
    for (const kind of KINDS) disk.remove(`${directory}/${segmentFileName(each, kind)}`);
  }
  for (const kind of KINDS) {
    if (disk.exists(path(kind, SWAP_FILE_SUFFIX))) disk.rename(path(kind, SWAP_FILE_SUFFIX), path(kind));
  }
}

/** One past the last offset of the file's batches. */
function endOf(disk: Disk, path: string, base: number): number {
  const bytes = disk.readFile(path);
  let end = base;
  for (let at = 0; at + BATCH_HEADER_BYTES <= bytes.length; at += batchSizeOf(bytes, at)) {
    end = lastOffsetOf(bytes, at) + 1;
  }
  return end;
}
