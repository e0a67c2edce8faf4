// Starts a broker: settings are read and judged, the data directory is opened, and the rooms are wired. The whole
// broker starts in a process with one call, as often as wanted.

import { systemClock } from '@klamm/base/clock';
import { silentLogger } from '@klamm/base/logger';
import { type Broker, type BrokerOptions, entriesOf, placeOf } from './broker-options.ts';
import { listenerAddresses } from './config/listeners.ts';
import { BrokerSettings } from './config/settings.ts';
import { startRemarks } from './config/start-remarks.ts';
import { thisMachine } from './process-table.ts';
import { RunningBroker } from './running-broker.ts';
import { LogDirectory } from './storage/directory.ts';

export type { Broker, BrokerOptions, BrokerTls } from './broker-options.ts';

/**
 * Starts a broker. Resolves when it listens. Throws KlammError: INVALID_CONFIG (all that is wrong with the settings),
 * DATA_DIRECTORY_LOCKED, NOT_A_DATA_DIRECTORY, INCONSISTENT_CLUSTER_ID, KAFKA_STORAGE_ERROR (the directory cannot be
 * used), EADDRINUSE and its like (a listener's address cannot be had).
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { clock = systemClock, logger = silentLogger } = options;
  const settings = BrokerSettings.from(entriesOf(options));
  const addresses = listenerAddresses(settings);
  for (const { level, text } of startRemarks(settings)) logger[level](text);
  const { disk, path, isMemory } = placeOf(options, settings, clock);
  const nodeId = settings.number('node.id');
  const clusterId = settings.optional('cluster.id');
  const directory = LogDirectory.open(disk, path, thisMachine, logger, { clusterId, nodeId });
  if (!directory.isNew && !directory.clean) {
    logger.warn(`${path} was not closed in order; its logs are checked from their recovery points on.`);
  }
  const broker = new RunningBroker({ settings, directory, clock, logger, isMemory });
  try {
    await broker.open(addresses);
    return broker;
  } catch (error) {
    broker.abandon(error as Error);
    throw error;
  }
}
