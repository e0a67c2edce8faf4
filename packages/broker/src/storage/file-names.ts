// The names of a partition's files, as org.apache.kafka.storage.internals.log.LogFileUtils makes them: the
// segment's base offset in 20 digits and a suffix that says what is in it.

export const LOG_SUFFIX = '.log';
export const OFFSET_INDEX_SUFFIX = '.index';
export const TIME_INDEX_SUFFIX = '.timeindex';
export const TXN_INDEX_SUFFIX = '.txnindex';
export const SNAPSHOT_SUFFIX = '.snapshot';
/** Of a file, or a partition's folder (`TOPIC-N.ID-delete`), that waits to be removed. */
export const DELETED_FILE_SUFFIX = '.deleted';
/** Of a segment's files while compaction writes them, and when they are whole and about to take the place of others. */
export const CLEANED_FILE_SUFFIX = '.cleaned';
export const SWAP_FILE_SUFFIX = '.swap';
export const DELETED_DIRECTORY_SUFFIX = '-delete';
/** Of a partition's folder that belongs to no topic, and is kept for a person to look at. */
export const STRAY_DIRECTORY_SUFFIX = '-stray';

/** The longest name that file systems take, in bytes. Topics are named in ASCII. */
const NAME_MAX = 255;

export function segmentFileName(baseOffset: number, suffix: string): string {
  return `${String(baseOffset).padStart(20, '0')}${suffix}`;
}

/** The base offset in the name of a segment's file; -1 where the name is no such name. */
export function baseOffsetOfFile(name: string, suffix: string): number {
  const digits = name.slice(0, -suffix.length);
  return name.endsWith(suffix) && /^\d{20}$/.test(digits) ? Number(digits) : -1;
}

/** The topic and partition in the name of a partition's folder; null where the name is none. */
export function partitionOfDirectory(name: string): { topic: string; index: number } | null {
  const dash = name.lastIndexOf('-');
  const digits = name.slice(dash + 1);
  return dash > 0 && /^\d+$/.test(digits) ? { topic: name.slice(0, dash), index: Number(digits) } : null;
}

/** The name under which a partition's folder is set aside; a long topic's is cut short (UnifiedLog.logDeleteDirName). */
export function setAsideName(topic: string, index: number, id: string, suffix: string): string {
  const rest = `-${index}.${id.replaceAll('-', '')}${suffix}`;
  return topic.slice(0, NAME_MAX - rest.length) + rest;
}
