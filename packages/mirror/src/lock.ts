// One mirror of a name at a time: whoever is given the one partition of the state topic as a member of a group of that
// name. The target's coordinator notices where a mirror has died, and gives the partition to the next who waits; one
// that is taken for dead and lives is told, and stops.

import { type Clock, sleep } from '@klamm/base/clock';
import type { Kafka } from '@klamm/client/client';
import type { GroupConsumer } from '@klamm/client/group/group-consumer';
import { STATE_TOPIC } from './state.ts';

/** The shortest that brokers allow by default (group.min.session.timeout.ms): a mirror that died is waited for so long. */
const SESSION_TIMEOUT_MS = 6000;
const HEARTBEAT_INTERVAL_MS = 1000;
/** A join without rivals takes less. */
const WAITING_AFTER_MS = 2000;
const GROUP_PREFIX = '__klamm_mirror.';

export const lockGroup = (name: string): string => `${GROUP_PREFIX}${name}`;
export const isLockGroup = (groupId: string): boolean => groupId.startsWith(GROUP_PREFIX);

export class MirrorLock implements AsyncDisposable {
  readonly #group: GroupConsumer;
  readonly #isOver: AbortController = new AbortController();
  readonly #clock: Clock;
  #failure: unknown;

  constructor(kafka: Kafka, name: string, clock: Clock) {
    this.#clock = clock;
    this.#group = kafka.group({
      groupId: lockGroup(name),
      topics: STATE_TOPIC,
      protocol: 'classic',
      autoOffsetReset: 'latest',
      autoCommit: false,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
    });
    this.#group.on('lost', () => this.#isOver.abort());
    this.#group.on('revoked', () => this.#isOver.abort());
  }

  /** Aborted when it is this mirror's no more. */
  get lost(): AbortSignal {
    return this.#isOver.signal;
  }

  /** What the group ended with, where it did. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * Resolves when it is this mirror's; with false where the signal was aborted, or the group cannot be joined.
   *
   * @param waiting called once where another seems to have it
   */
  async acquire(waiting: () => void, signal: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    void sleep(this.#clock, WAITING_AFTER_MS, over.signal).then(waiting, () => {});
    const isAcquired = await new Promise<boolean>((resolve) => {
      this.#group.on('assigned', ({ partitions }) => {
        if (partitions.length > 0) resolve(true);
      });
      signal.addEventListener('abort', () => resolve(false), { once: true });
      this.#drain().catch((cause: unknown) => {
        this.#failure = cause;
        this.#isOver.abort();
        resolve(false);
      });
    });
    over.abort();
    return isAcquired;
  }

  /** Its records are read elsewhere. */
  async #drain(): Promise<void> {
    for await (const _message of this.#group);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#group.close();
  }
}
