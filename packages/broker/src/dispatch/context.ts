// What a handler is given besides the request: the rooms of the broker, and who asks.

import type { Clock } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';
import type { StandardAuthorizer } from '../auth/authorizer/standard-authorizer.ts';
import type { DelegationTokens } from '../auth/delegation-tokens.ts';
import type { BrokerSettings } from '../config/settings.ts';
import type { Coordinators } from '../coordinators/open-coordinators.ts';
import type { ClientConnection } from '../listeners/connection.ts';
import type { Endpoint } from '../metadata/bootstrap.ts';
import type { Catalog } from '../metadata/catalog.ts';
import type { FetchSessions } from '../partitions/fetch-sessions.ts';
import type { PartitionTable } from '../partitions/partition-table.ts';
import type { Quotas } from '../quotas/quotas.ts';
import type { LogDirectory } from '../storage/directory.ts';

/** An API and the versions that this broker answers. */
export interface SupportedApi {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

export interface BrokerRooms extends Coordinators {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: BrokerSettings;
  readonly directory: LogDirectory;
  readonly catalog: Catalog;
  readonly partitions: PartitionTable;
  readonly fetchSessions: FetchSessions;
  readonly supportedApis: readonly SupportedApi[];
  /** Undefined where everybody may do everything. */
  readonly authorizer: StandardAuthorizer | undefined;
  readonly tokens: DelegationTokens;
  readonly quotas: Quotas;
  /** The address that clients of a listener are told to use. */
  endpointFor(listenerName: string): Endpoint;
  /** Aborted when the broker closes: long polls end. */
  readonly closing: AbortSignal;
}

export interface RequestContext {
  readonly broker: BrokerRooms;
  readonly connection: ClientConnection;
  /** As Kafka calls it: `Produce`. */
  readonly apiName: string;
  readonly apiVersion: number;
  readonly clientId: string | null;
}
