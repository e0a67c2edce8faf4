// Opens a data directory and closes it again in order, as a broker does, but with no listener: what a crash left is
// checked and cut to what is whole, and the marker of a clean shutdown is there afterwards. Nothing is compacted, expired or
// aborted meanwhile.

import type { Clock } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import type { BrokerSettings } from './config/settings.ts';
import { Catalog } from './metadata/catalog.ts';
import { PartitionTable } from './partitions/partition-table.ts';
import { thisMachine } from './process-table.ts';
import type { FlushPolicy } from './storage/appender.ts';
import { LogDirectory } from './storage/directory.ts';
import type { Disk } from './storage/disk.ts';

const NEVER_MS = 2 ** 31 - 1;

/**
 * Throws KlammError, with the directory as it was: DATA_DIRECTORY_LOCKED, INCONSISTENT_CLUSTER_ID, DIRECTORY_OF_A_CLUSTER,
 * KAFKA_STORAGE_ERROR.
 */
export async function recoverDirectory(
  disk: Disk,
  path: string,
  settings: BrokerSettings,
  clock: Clock,
  logger: Logger,
): Promise<void> {
  const wanted = { clusterId: settings.optional('cluster.id'), nodeId: settings.number('node.id') };
  const directory = LogDirectory.open(disk, path, thisMachine, logger, wanted);
  let catalog: Catalog | undefined;
  let partitions: PartitionTable | undefined;
  try {
    catalog = await Catalog.open(directory, settings, clock, logger);
    const { image } = catalog;
    partitions = new PartitionTable({
      directory,
      clock,
      logger,
      flushPolicy: settings.text('flush.policy') as FlushPolicy,
      configOf: (topic) => (catalog as Catalog).partitionConfig(topic),
      checkpointMs: NEVER_MS,
      retentionCheckMs: NEVER_MS,
      producerExpirationMs: NEVER_MS,
    });
    await partitions.open(image.topics);
  } catch (error) {
    partitions?.abandon();
    catalog?.abandon(error as Error);
    directory.abandon();
    throw error;
  }
  await partitions.close();
  await catalog.close();
  directory.close(catalog.brokerEpoch);
  if (directory.offlineCause !== undefined) throw directory.offlineCause;
}
