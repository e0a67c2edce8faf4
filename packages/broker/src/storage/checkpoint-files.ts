// Kafka's small text files: offset checkpoints of a log directory, and what lies in a partition's folder beside the
// segments. Formats of CheckpointFile, OffsetCheckpointFile, LeaderEpochCheckpointFile and PartitionMetadataFile.

import type { Disk } from './disk.ts';

/** One line of an offset checkpoint. */
export interface OffsetCheckpoint {
  readonly topic: string;
  readonly index: number;
  readonly offset: number;
}

/** From which offset an epoch's leader appended. */
export interface EpochEntry {
  readonly epoch: number;
  readonly startOffset: number;
}

const VERSION = '0';
const EPOCHS_FILE = 'leader-epoch-checkpoint';
const METADATA_FILE = 'partition.metadata';

/** Offsets by `TOPIC-INDEX`; empty where the file is missing or damaged (recovery then begins at the start). */
export function readOffsets(disk: Disk, path: string): Map<string, number> {
  const offsets = new Map<string, number>();
  for (const line of readLines(disk, path)) {
    const match = /^(\S+) (\d+) (\d+)$/.exec(line);
    if (match !== null) offsets.set(`${match[1]}-${match[2]}`, Number(match[3]));
  }
  return offsets;
}

export function writeOffsets(disk: Disk, path: string, entries: readonly OffsetCheckpoint[]): void {
  const lines = entries.map(({ topic, index, offset }) => `${topic} ${index} ${offset}`);
  writeLines(disk, path, lines);
}

export function readEpochs(disk: Disk, directory: string): EpochEntry[] {
  const entries: EpochEntry[] = [];
  for (const line of readLines(disk, `${directory}/${EPOCHS_FILE}`)) {
    const match = /^(\d+) (\d+)$/.exec(line);
    if (match !== null) entries.push({ epoch: Number(match[1]), startOffset: Number(match[2]) });
  }
  return entries;
}

export function writeEpochs(disk: Disk, directory: string, entries: readonly EpochEntry[]): void {
  const lines = entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`);
  writeLines(disk, `${directory}/${EPOCHS_FILE}`, lines);
}

/** The topic id in a partition's folder; null where the file is missing or damaged. */
export function readTopicId(disk: Disk, directory: string): string | null {
  const path = `${directory}/${METADATA_FILE}`;
  if (!disk.exists(path)) return null;
  return /^topic_id: (\S{22})$/m.exec(disk.readFile(path).toString())?.[1] ?? null;
}

export function writeTopicId(disk: Disk, directory: string, topicId: string): void {
  disk.replaceFile(`${directory}/${METADATA_FILE}`, `version: 0\ntopic_id: ${topicId}`);
}

function readLines(disk: Disk, path: string): string[] {
  if (!disk.exists(path)) return [];
  const [version, , ...lines] = disk.readFile(path).toString().split('\n');
  return version === VERSION ? lines : [];
}

function writeLines(disk: Disk, path: string, lines: readonly string[]): void {
  disk.replaceFile(path, `${[VERSION, lines.length, ...lines].join('\n')}\n`);
}
