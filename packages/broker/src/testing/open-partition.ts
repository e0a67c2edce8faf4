// Opens a partition on a disk of the test's.

import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { partitionConfig, type TopicConfigName, topicConfigRow } from '../config/topic.ts';
import { Partition } from '../partitions/partition.ts';
import { LogDirectory } from '../storage/directory.ts';
import type { Disk } from '../storage/disk.ts';
import { memoryDisk } from '../storage/disk-memory.ts';
import { TailCacheBudget } from '../storage/tail-cache.ts';

const NOBODY = { self: 'test', isAlive: () => false };

/** `configs`: topic settings by Kafka's names, over their defaults. */
export async function openPartition(
  configs: Partial<Record<TopicConfigName, string>> = {},
  disk: Disk = memoryDisk(),
): Promise<{ partition: Partition; directory: LogDirectory }> {
  const directory = LogDirectory.open(disk, '/data', NOBODY, silentLogger, { nodeId: 1 });
  directory.use();
  const partition = await Partition.open({
    directory,
    clock: systemClock,
    logger: silentLogger,
    flushPolicy: 'sync',
    tailBudget: new TailCacheBudget(),
    topic: 't',
    topicId: 'lsHc7ZofSEW-9DvvgwvW_Q',
    index: 0,
    leaderEpoch: 0,
    config: partitionConfig((name) => configs[name] ?? topicConfigRow(name).default ?? ''),
  });
  return { partition, directory };
}
