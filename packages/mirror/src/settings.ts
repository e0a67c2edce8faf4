// How a mirror copies: sizes and counts, each with what speaks for it.

import type { Clock } from '@klamm/base/clock';
import type { Logger } from '@klamm/base/logger';

export interface CopySettings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Bytes fetched ahead of one partition; more would only wait. Default 4 MiB. */
  readonly partitionBytes: number;
  /** Bytes fetched ahead in all. Default 64 MiB. */
  readonly totalBytes: number;
  /** Asked of one partition in one fetch. Default 1 MiB. */
  readonly fetchBytes: number;
  /** Of one Produce request, unless one batch is larger. Default 4 MiB. */
  readonly requestBytes: number;
  /** Connections to one leader of the target, which work on requests at the same time. Default 2. */
  readonly lanes: number;
  /** How long one answer may take, in ms. Default 30,000. */
  readonly requestTimeoutMs: number;
  /** Bytes a second in all. Default no limit. */
  readonly bytesPerSecond: number;
  /** Offsets of one hole that markers fill; a larger one makes a break. Default 1,000,000. */
  readonly fillLimit: number;
}

const MIB = 1024 * 1024;

export const COPY_DEFAULTS: Omit<CopySettings, 'clock' | 'logger'> = {
  partitionBytes: 4 * MIB,
  totalBytes: 64 * MIB,
  fetchBytes: MIB,
  requestBytes: 4 * MIB,
  lanes: 2,
  requestTimeoutMs: 30_000,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  fillLimit: 1_000_000,
};
