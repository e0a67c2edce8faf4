// What a data directory holds, and whether Klamm or Apache Kafka can start on it, found without changing a byte: the log of
// metadata is read file by file, the partitions are only looked for. A broker may be using it meanwhile.

import { checkBatch, forEachBatch } from '@klamm/protocol/records/batch';
import { readTopicId } from '../storage/checkpoint-files.ts';
import {
  type DirectoryIdentity,
  holderOf,
  identityOf,
  isCleanlyClosed,
  type ProcessTable,
} from '../storage/directory.ts';
import type { Disk } from '../storage/disk.ts';
import { baseOffsetOfFile, LOG_SUFFIX } from '../storage/file-names.ts';
import { MetadataImage } from './image.ts';
import { checkPresence, METADATA_LOG, replayBatches } from './metadata-log.ts';
import { newestSnapshot } from './metadata-snapshots.ts';
import { Quorum } from './quorum.ts';
import { SoleNode } from './sole-node.ts';

export interface DirectorySurvey {
  readonly identity: DirectoryIdentity;
  /** Number of the process of Klamm that uses it; undefined where none does. */
  readonly holder: string | undefined;
  /** True where Apache Kafka uses it, or was killed. */
  readonly isLeftOpen: boolean;
  /** True where the last broker on it closed it in order. */
  readonly isClean: boolean;
  readonly kraftVersion: number;
  readonly image: MetadataImage;
  /** Why one node cannot serve it, each a sentence without its end. */
  readonly problems: readonly string[];
  /** Partitions whose folder is missing, or is of an earlier topic, as `TOPIC-N`. */
  readonly missing: readonly string[];
}

/**
 * Throws KlammError: NOT_A_DATA_DIRECTORY, INCONSISTENT_CLUSTER_ID (its meta.properties), KAFKA_STORAGE_ERROR (its log of
 * metadata is damaged, or a newer Kafka wrote it).
 */
export function surveyDirectory(disk: Disk, path: string, processes: ProcessTable): DirectorySurvey {
  const identity = identityOf(disk, path);
  checkPresence(disk, path);
  const image = new MetadataImage();
  const soleNode = new SoleNode(identity.nodeId);
  const quorum = readMetadata(disk, `${path}/${METADATA_LOG}`, image, soleNode);
  return {
    identity,
    ...holderOf(disk, path, processes),
    isClean: isCleanlyClosed(disk, path),
    kraftVersion: quorum.kraftVersion,
    image,
    problems: [quorum.problem(identity.nodeId), ...soleNode.problems()].filter((text) => text !== null),
    missing: image.topics.flatMap(({ name, id, partitions }) =>
      partitions
        .map(({ index }) => `${name}-${index}`)
        .filter((folder) => readTopicId(disk, `${path}/${folder}`) !== id),
    ),
  };
}

function readMetadata(disk: Disk, path: string, image: MetadataImage, soleNode: SoleNode): Quorum {
  const quorum = Quorum.read(disk, path);
  if (!disk.exists(path)) return quorum;
  const snapshot = newestSnapshot(disk, path);
  const from = snapshot?.endOffset ?? 0;
  const read = (bytes: Buffer, first: number): void =>
    replayBatches(bytes, quorum, ({ record, offset }) => {
      if (offset < first) return;
      image.replay(record, offset);
      soleNode.replay(record);
    });
  if (snapshot !== undefined) read(snapshot.bytes, 0);
  for (const name of disk.list(path).filter((file) => baseOffsetOfFile(file, LOG_SUFFIX) >= 0)) {
    const bytes = disk.readFile(`${path}/${name}`);
    // What a crash left half written at the end is cut off when the log is opened.
    const whole = forEachBatch(bytes, 0, bytes.length, (at) => checkBatch(bytes, at, bytes.length) === 'ok');
    read(bytes.subarray(0, whole), from);
  }
  return quorum;
}
