// An owner of a membership for tests: writes down what it is told, and finishes with partitions when a test says so.

import { sleep, systemClock } from '@klamm/base/clock';
import type { KlammError } from '@klamm/base/errors';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import { Cluster } from '../../../cluster.ts';
import { clientSettings, type KafkaOptions } from '../../../options.ts';
import {
  type GroupEvent,
  type Membership,
  type MembershipOptions,
  type MembershipOwner,
  newMembership,
} from '../membership.ts';

export class Recorder implements MembershipOwner {
  /** In order: `assigned t-0 t-1`, `revoked t-0`, `lost t-1`, `failed CODE`, and events as `joined 1`, `fenced`, `error CODE` … */
  readonly log: string[] = [];
  readonly events: GroupEvent[] = [];
  readonly held = new Set<string>();
  failure: KlammError | undefined;
  /** Called before partitions are given back. */
  onRevoked: () => Promise<void> = async () => {};

  async assigned(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) this.held.add(partitionText(partition));
    this.#note('assigned', partitions);
  }

  async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    this.#note('revoked', partitions);
    await this.onRevoked();
    for (const partition of partitions) this.held.delete(partitionText(partition));
  }

  async lost(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) this.held.delete(partitionText(partition));
    this.#note('lost', partitions);
  }

  event(event: GroupEvent): void {
    this.events.push(event);
    const detail = { joined: ` ${event.generation}`, error: ` ${event.error?.code ?? ''}` };
    this.log.push(event.type + (detail[event.type as 'joined' | 'error'] ?? ''));
  }

  failed(error: KlammError): void {
    this.failure = error;
    this.log.push(`failed ${error.code}`);
  }

  /** Resolves when `isSo`. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await sleep(systemClock, 1);
  }

  /** Resolves when as many partitions are held. */
  holds(count: number): Promise<void> {
    return this.until(() => this.held.size === count);
  }

  /** The calls, without the events. */
  get calls(): string[] {
    return this.log.filter((line) => /^(assigned|revoked|lost|failed)\b/.test(line));
  }

  #note(what: string, partitions: readonly TopicPartition[]): void {
    this.log.push([what, ...partitions.map(partitionText)].join(' '));
  }
}

/** A member of the group `g` that wants the topic `t`, started. */
export function startMember(
  kafka: KafkaOptions,
  options: Partial<MembershipOptions> = {},
): Recorder & { readonly membership: Membership; readonly cluster: Cluster } {
  const cluster = new Cluster(clientSettings(kafka), { name: 'klamm', version: '0' });
  const recorder = new Recorder();
  const membership = newMembership(
    cluster,
    {
      groupId: 'g',
      topics: ['t'],
      protocol: 'auto',
      instanceId: null,
      rackId: null,
      assignors: [],
      serverAssignor: null,
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 3000,
      rebalanceTimeoutMs: 300_000,
      ...options,
    },
    recorder,
  );
  membership.start();
  return Object.assign(recorder, { membership, cluster });
}
