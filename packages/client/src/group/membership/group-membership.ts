// The membership as the group consumer sees it: picks the protocol, starts a member that speaks it, and ends it.
//
// A member is made anew after a suspension, and in the other protocol where `auto` guessed wrong; what the owner holds,
// the way to the coordinator and the subscription outlive it. An error is final when it is told to `failed`; all else
// is told as events and tried again, for as long as it takes: a broker may be restarted at any time.

import { sleep } from '@klamm/base/clock';
import { KlammError, messageOf } from '@klamm/base/errors';
import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import type { Cluster } from '../../cluster.ts';
import { Coordinator } from '../../coordinator.ts';
import { backOffMs } from '../../network/back-off.ts';
import type { Connection, RequestOptions } from '../../network/connection.ts';
import { ClassicMember } from './classic-member.ts';
import { ConsumerMember } from './consumer-member.ts';
import { coordinatedGroup } from './group-errors.ts';
import type { Member, MemberContext } from './member.ts';
import type { GroupEventType, Membership, MembershipOptions, MembershipOwner } from './membership.ts';
import { OwnerCalls } from './owner-calls.ts';
import type { Topics } from './subscription.ts';

type Protocol = 'classic' | 'consumer';

/** The same trouble is told again after this long. */
const TROUBLE_AGAIN_MS = 5000;
/** First version of ConsumerGroupHeartbeat with patterns. */
const PATTERN_VERSION = 1;

export class GroupMembership implements Membership {
  readonly #cluster: Cluster;
  readonly #options: MembershipOptions;
  readonly #owner: MembershipOwner;
  readonly #calls: OwnerCalls;
  readonly #coordinator: Coordinator;
  readonly #context: MemberContext;
  readonly #ended = new AbortController();
  #release: (() => void) | undefined;
  #protocol: Protocol | undefined;
  #topics: Topics;
  #member: Member | undefined;
  #isSuspended = false;
  #leaving: Promise<void> | undefined;
  #failure: KlammError | undefined;
  #trouble: { readonly code: string; readonly at: number } | undefined;

  constructor(cluster: Cluster, options: MembershipOptions, owner: MembershipOwner) {
    this.#cluster = cluster;
    this.#options = options;
    this.#owner = owner;
    this.#topics = options.topics;
    if (options.protocol !== 'auto') this.#protocol = options.protocol;
    this.#coordinator = new Coordinator(cluster, coordinatedGroup(options.groupId), (text) =>
      this.#emit('coordinator', `the group's coordinator is ${text}`),
    );
    this.#calls = new OwnerCalls(owner, {
      clock: cluster.settings.clock,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs,
      onLate: () => this.#emit('error', lateText(options.rebalanceTimeoutMs)),
      onFailure: (cause) => this.#fail(cause),
    });
    this.#context = {
      cluster,
      options,
      coordinator: this.#coordinator,
      calls: this.#calls,
      emit: (type, reason, error) => this.#emit(type, reason, error),
      trouble: (error) => this.#tellTrouble(error),
      recovered: () => this.#tellRecovered(),
      fail: (cause) => this.#fail(cause),
    };
  }

  get memberId(): string {
    return this.#member?.memberId ?? '';
  }

  get generation(): number {
    return this.#member?.generation ?? -1;
  }

  get isLosing(): boolean {
    return this.#calls.isLosing;
  }

  get instanceId(): string | null {
    return this.#options.instanceId;
  }

  get assignment(): readonly TopicPartition[] {
    return this.#calls.held;
  }

  start(): void {
    if (this.#release !== undefined) return;
    this.#release = this.#cluster.use();
    this.#begin();
    void this.#lookAtTopics();
  }

  request<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: Encodable<Q>,
    options?: RequestOptions,
  ): Promise<Decoded<R>> {
    return this.#coordinator.request(api, body, this.#ended.signal, options);
  }

  subscribe(topics: Topics): void {
    this.#topics = topics;
    this.#member?.subscribe(topics);
    void this.#lookAtTopics();
  }

  async suspend(reason: string): Promise<void> {
    if (this.#isSuspended || this.#isEnding()) return;
    this.#isSuspended = true;
    const member = this.#member;
    this.#emit('left', reason);
    this.#member = undefined;
    const lost = this.#calls.lostAll(reason);
    await member?.leave(reason);
    await lost;
  }

  resume(): void {
    if (!this.#isSuspended || this.#isEnding()) return;
    this.#isSuspended = false;
    this.#begin();
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave('this consumer is closed');
    return this.#leaving;
  }

  stop(): void {
    if (!this.#ended.signal.aborted) this.#end();
  }

  async #leave(reason: string): Promise<void> {
    if (this.#release === undefined || this.#failure !== undefined) return this.#end();
    this.#member?.settle();
    await this.#calls.revokedAll(reason);
    const member = this.#member;
    if (member !== undefined) this.#emit('left', reason);
    await member?.leave(reason);
    this.#end();
  }

  #end(): void {
    this.#member?.stop();
    this.#ended.abort(
      new KlammError('This consumer has left its group.', { code: 'CLOSED', retriable: false }),
    );
    this.#coordinator.release();
    this.#release?.();
  }

  #isEnding(): boolean {
    return this.#leaving !== undefined || this.#failure !== undefined || this.#ended.signal.aborted;
  }

  #begin(): void {
    this.#makeMember().catch((cause) => {
      if (!this.#ended.signal.aborted) this.#fail(cause);
    });
  }

  async #makeMember(): Promise<void> {
    this.#protocol ??= await this.#chooseProtocol();
    if (this.#isEnding() || this.#isSuspended || this.#member !== undefined) return;
    const Speaker = this.#protocol === 'classic' ? ClassicMember : ConsumerMember;
    this.#member = new Speaker(this.#context, this.#topics);
    this.#member.start();
  }

  /** The newer one where the coordinator offers it, as far as it is needed. */
  async #chooseProtocol(): Promise<Protocol> {
    const { clock, backOff, random } = this.#cluster.settings;
    const { signal } = this.#ended;
    for (let failures = 1; ; failures++) {
      try {
        const connection = await this.#coordinator.connect('heartbeat');
        return this.#isOffered(connection) ? 'consumer' : 'classic';
      } catch (cause) {
        if (signal.aborted || !(cause instanceof KlammError) || !cause.retriable) throw cause;
        this.#tellTrouble(cause);
        await sleep(clock, backOffMs(backOff, failures, random), signal);
      }
    }
  }

  #isOffered(connection: Connection): boolean {
    if (!connection.supports(ConsumerGroupHeartbeat)) return false;
    if (!(this.#topics instanceof RegExp)) return true;
    return connection.versionOf(ConsumerGroupHeartbeat) >= PATTERN_VERSION;
  }

  /** Names that can never be read end it; one that is not there yet is told once. */
  async #lookAtTopics(): Promise<void> {
    const names = this.#topics;
    if (names instanceof RegExp || names.length === 0) return;
    const refused = await this.#askFor(names);
    for (const error of refused.values()) {
      if (this.#isEnding() || this.#topics !== names) return;
      const isMissing = error.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      if (isMissing) this.#emit('error', `${error.message} It is read as soon as it is there.`, error);
      else if (!error.retriable) this.#fail(error);
    }
  }

  /** Errors of topics by name. The member meets trouble on the way there too, and tells of it. */
  async #askFor(names: readonly string[]): Promise<ReadonlyMap<string, KlammError>> {
    const { clock, backOff, random } = this.#cluster.settings;
    for (let failures = 1; this.#topics === names && !this.#isEnding(); failures++) {
      try {
        return (await this.#cluster.look({ names })).refused;
      } catch {
        await sleep(clock, backOffMs(backOff, failures, random), this.#ended.signal).catch(() => {});
      }
    }
    return new Map();
  }

  /** Where the guess of `auto` proves wrong before the group has taken the member in, the other protocol is tried. */
  #fallsBack(error: KlammError): boolean {
    const { protocol, groupId } = this.#options;
    const isGuess = protocol === 'auto' && this.#protocol === 'consumer' && this.#member?.generation === -1;
    const { UNSUPPORTED_VERSION, GROUP_ID_NOT_FOUND } = ErrorCode;
    const isRefused = error.errorCode === UNSUPPORTED_VERSION || error.errorCode === GROUP_ID_NOT_FOUND;
    if (!isGuess || !isRefused || this.#isEnding() || this.#isSuspended) return false;
    this.#emit(
      'error',
      `The group "${groupId}" does not take the consumer protocol: the classic one is used.`,
      error,
    );
    this.#member?.stop();
    this.#member = undefined;
    this.#protocol = 'classic';
    this.#begin();
    return true;
  }

  #fail(cause: unknown): void {
    if (this.#failure !== undefined || this.#ended.signal.aborted) return;
    const error =
      cause instanceof KlammError
        ? cause
        : new KlammError(
            `The membership in the group "${this.#options.groupId}" ended: ${messageOf(cause)}`,
            {
              code: 'MEMBERSHIP_FAILED',
              retriable: false,
              cause,
            },
          );
    if (this.#fallsBack(error)) return;
    this.#failure = error;
    this.#emit('error', error.message, error);
    const member = this.#member;
    this.#member = undefined;
    const goodbye = member?.leave(error.message) ?? Promise.resolve();
    void this.#calls.lostAll(error.message).then(() => this.#owner.failed(error));
    void goodbye.then(() => this.#end());
  }

  #emit(type: GroupEventType, reason: string, error: KlammError | null = null): void {
    const { memberId, generation } = this;
    this.#owner.event({ type, reason, memberId, generation, error });
  }

  #tellTrouble(error: KlammError): void {
    const now = this.#cluster.settings.clock.monotonic();
    const last = this.#trouble;
    if (last?.code === error.code && now - last.at < TROUBLE_AGAIN_MS) return;
    this.#trouble = { code: error.code, at: now };
    this.#emit('error', `${error.message} Trying again.`, error);
  }

  #tellRecovered(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#emit('coordinator', 'the coordinator answers again');
  }
}

function lateText(timeoutMs: number): string {
  return `Giving partitions back took longer than the rebalance timeout of ${timeoutMs} ms: other members may read them already.`;
}
