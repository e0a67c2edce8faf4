// What a group consumer can be told, and what it does where it is not told. Names and defaults are those of Kafka's
// ConsumerConfig where it has them.

import type { Assignor } from '@klamm/protocol/groups/assignors/assignor';
import { cooperativeStickyAssignor } from '@klamm/protocol/groups/assignors/sticky';
import type { Serde } from '../bytes.ts';
import { type FetchOptions, type FetchSettings, fetchSettings } from '../consumer/options.ts';
import { invalidOption, requireNumbers } from '../option-checks.ts';
import { assignorsByName } from './assignor-names.ts';
import type { MembershipOptions } from './membership/membership.ts';

/** Where to start in a partition that the group has no committed offset of; `none` ends the consumer with an error. */
export type OffsetReset = 'earliest' | 'latest' | 'none';

export interface GroupOptions<Value = Buffer, Key = Buffer> extends FetchOptions {
  readonly groupId: string;
  /** Topics by name, or all whose whole name a pattern matches, those to come included. */
  readonly topics: string | readonly string[] | RegExp;
  /**
   * The group protocol: `consumer` (KIP-848) has the broker assign and moves partitions one by one; `classic` is the
   * one of before. Default `auto`: consumer where the broker offers it, unless `assignors` is given.
   */
  readonly protocol?: 'auto' | 'classic' | 'consumer';
  /**
   * For the classic protocol, the preferred first: `range`, `roundrobin`, `sticky`, `cooperative-sticky`, or one of
   * your own. All members must have one in common. Default `cooperative-sticky`.
   */
  readonly assignors?: readonly (string | Assignor)[];
  /** For the consumer protocol: `uniform` or `range`. Default: the broker's. */
  readonly serverAssignor?: string;
  /** A name that the member keeps over restarts: its partitions wait for it (KIP-345). Default none. */
  readonly instanceId?: string;
  /** Rack the program runs in. */
  readonly rackId?: string;
  /** Default `latest`. */
  readonly autoOffsetReset?: OffsetReset;
  /** Whether marked offsets are committed by themselves, and how often. Default true: every 5,000 ms. */
  readonly autoCommit?: boolean | { readonly intervalMs: number };
  /** For the classic protocol: after how much silence the member is taken for dead, in ms. Default 45,000. */
  readonly sessionTimeoutMs?: number;
  /** In ms. Default 1,000: how long a rebalance may go unnoticed. The consumer protocol takes the broker's where that is shorter. */
  readonly heartbeatIntervalMs?: number;
  /**
   * How long the program may work on one message, and give partitions back, in ms. Default 300,000. Beyond it the
   * member leaves the group until the program asks for the next message.
   */
  readonly maxPollIntervalMs?: number;
  /** How long `close` may wait for what the program has in hand, in ms. Default 10,000. */
  readonly closeTimeoutMs?: number;
  /** Ends the consumer when the program is done with the message in its hands. */
  readonly signal?: AbortSignal;
  readonly value?: Serde<Value>;
  readonly key?: Serde<Key>;
}

/** GroupOptions with every default filled in. */
export interface GroupSettings {
  readonly fetch: FetchSettings;
  readonly membership: MembershipOptions;
  readonly autoOffsetReset: OffsetReset;
  /** 0 for never. */
  readonly autoCommitIntervalMs: number;
  readonly maxPollIntervalMs: number;
  readonly closeTimeoutMs: number;
}

/** Throws KlammError INVALID_CONFIG where an option is not what it has to be. */
export function groupSettings<Value, Key>(options: GroupOptions<Value, Key>): GroupSettings {
  const { groupId, autoOffsetReset = 'latest', protocol = 'auto', autoCommit = true } = options;
  const { sessionTimeoutMs = 45_000, heartbeatIntervalMs = 1000, maxPollIntervalMs = 300_000 } = options;
  const { closeTimeoutMs = 10_000, assignors } = options;
  if (typeof groupId !== 'string' || groupId === '') throw invalidOption('`groupId` names no group.');
  oneOf('autoOffsetReset', autoOffsetReset, ['earliest', 'latest', 'none']);
  oneOf('protocol', protocol, ['auto', 'classic', 'consumer']);
  const intervalMs = typeof autoCommit === 'object' ? autoCommit.intervalMs : 5000;
  requireNumbers({ sessionTimeoutMs, heartbeatIntervalMs, maxPollIntervalMs }, 1);
  requireNumbers({ closeTimeoutMs, 'autoCommit.intervalMs': intervalMs }, 1);
  if (heartbeatIntervalMs >= sessionTimeoutMs) {
    throw invalidOption(
      `\`heartbeatIntervalMs\` is ${heartbeatIntervalMs}; it has to be less than \`sessionTimeoutMs\` (${sessionTimeoutMs}), a third of it as a rule.`,
    );
  }
  if (protocol === 'consumer' && assignors !== undefined) {
    throw invalidOption(
      '`assignors` belongs to the classic protocol; in the consumer protocol the broker assigns: see `serverAssignor`.',
    );
  }
  return {
    fetch: fetchSettings({
      ...options,
      onOutOfRange: autoOffsetReset === 'none' ? 'error' : autoOffsetReset,
    }),
    membership: {
      groupId,
      topics: topicsOf(options.topics),
      // Assignors of the member's own can only be had in the classic protocol.
      protocol: protocol === 'auto' && assignors !== undefined ? 'classic' : protocol,
      instanceId: options.instanceId ?? null,
      rackId: options.rackId ?? null,
      assignors: assignors === undefined ? [cooperativeStickyAssignor] : assignorsByName(assignors),
      serverAssignor: options.serverAssignor ?? null,
      sessionTimeoutMs,
      heartbeatIntervalMs,
      rebalanceTimeoutMs: maxPollIntervalMs,
    },
    autoOffsetReset,
    autoCommitIntervalMs: autoCommit === false ? 0 : intervalMs,
    maxPollIntervalMs,
    closeTimeoutMs,
  };
}

/** Throws KlammError INVALID_CONFIG where they are none. */
export function topicsOf(topics: GroupOptions['topics']): readonly string[] | RegExp {
  if (topics instanceof RegExp) return topics;
  const names = typeof topics === 'string' ? [topics] : topics;
  if (
    !Array.isArray(names) ||
    names.length === 0 ||
    names.some((name) => typeof name !== 'string' || name === '')
  ) {
    throw invalidOption('`topics` has to name topics, or to be a regular expression.');
  }
  return [...new Set(names)];
}

function oneOf(name: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return;
  throw invalidOption(`\`${name}\` is "${value}"; it has to be ${allowed.join(', ')}.`);
}
