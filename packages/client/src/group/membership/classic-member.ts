// A member of the classic protocol: JoinGroup, SyncGroup, then heartbeats until something asks for another round.
//
// Eager where any of its assignors is: everything is given back before it joins. Cooperative (KIP-429) where all are:
// it keeps what it has, gives back only what the assignment takes, and joins again at once. A round is repeated until
// it succeeds or the error is final; heartbeats run whenever no JoinGroup waits. KIP-345 (static members), KIP-394
// (member id), KIP-800 (reasons), KIP-814 (skipped assignment). Java: AbstractCoordinator, ConsumerCoordinator.

import { sleep } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Assignor } from '@klamm/protocol/groups/assignors/assignor';
import { partitionText, type TopicPartition } from '@klamm/protocol/groups/topic-partition';
import { backOffMs } from '../../network/back-off.ts';
import { ClassicHeartbeat } from './classic-heartbeat.ts';
import { changeOf, countPartitions } from './classic-leader.ts';
import { ClassicRound, type Joined, sayLeave } from './classic-round.ts';
import { consequenceOf } from './group-errors.ts';
import { LEAVE_TIMEOUT_MS, type Member, type MemberContext } from './member.ts';
import { isSameTopics, matching, type Topics, topicsText } from './subscription.ts';
import { TopicWatch, type Watched } from './topic-watch.ts';
import { within } from './within.ts';

const WATCH_NAMES_MS = 10_000;
/** All topics of the cluster are looked at for a pattern. */
const WATCH_PATTERN_MS = 30_000;
/** So often a round may fail because another has begun before it waits. */
const AT_ONCE = 3;

export class ClassicMember implements Member {
  readonly #context: MemberContext;
  readonly #heartbeat: ClassicHeartbeat;
  readonly #watch: TopicWatch;
  readonly #round: ClassicRound;
  readonly #isEager: boolean;
  readonly #ended = new AbortController();
  #topics: Topics;
  /** The names that `#topics` stands for, as of the last round. */
  #names: readonly string[] = [];
  #memberId = '';
  #generation = -1;
  /** What the group says is this member's; what the owner was told of follows. */
  #owned: readonly TopicPartition[] = [];
  #lastAssignment: readonly TopicPartition[] | null = null;
  #lastGeneration = -1;
  /** Settles when the first JoinGroup is answered; at once where none is under way. */
  #identified: Promise<void> = Promise.resolve();
  #onIdentified = (): void => {};
  #state: 'joining' | 'stable' | 'settled' = 'joining';
  #wanted: string | undefined;
  #wake: (() => void) | undefined;

  constructor(context: MemberContext, topics: Topics) {
    this.#context = context;
    this.#topics = topics;
    this.#isEager = context.options.assignors.some(({ protocol }) => protocol === 'eager');
    this.#heartbeat = new ClassicHeartbeat(context, (error) => this.#heard(error));
    this.#watch = new TopicWatch(context.cluster.settings, (reason) => this.#want(reason));
    this.#round = new ClassicRound(context);
  }

  get memberId(): string {
    return this.#generation < 0 ? '' : this.#memberId;
  }

  get generation(): number {
    return this.#generation;
  }

  start(): void {
    this.#run().catch((cause) => {
      if (!this.#ended.signal.aborted) this.#context.fail(cause);
    });
  }

  subscribe(topics: Topics): void {
    this.#topics = topics;
    this.#want(`this member now wants ${topicsText(topics)}`);
  }

  settle(): void {
    this.#state = 'settled';
    this.#watch.stop();
  }

  stop(): void {
    this.#ended.abort();
    this.#heartbeat.stop();
    this.#watch.stop();
    this.#generation = -1;
  }

  async leave(reason: string): Promise<void> {
    const { cluster, options } = this.#context;
    this.stop();
    // A static member is expected back: the group keeps its place until its session has run out.
    if (options.instanceId !== null) return;
    const say = async (): Promise<void> => {
      // A group that has given out an id waits for its member to join.
      if (this.#memberId === '') await this.#identified;
      if (this.#memberId !== '') await sayLeave(this.#context, this.#memberId, reason);
    };
    await within(cluster.settings.clock, LEAVE_TIMEOUT_MS, say());
  }

  async #run(): Promise<void> {
    for (let reason = 'this member starts'; ; reason = await this.#nextReason()) {
      if (this.#isSettled()) return;
      this.#state = 'joining';
      this.#watch.stop();
      this.#context.emit('rebalancing', reason);
      await this.#giveBackBeforeJoining(reason);
      await this.#join(reason);
    }
  }

  #nextReason(): Promise<string> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#ended;
      const look = (): void => {
        if (signal.aborted) reject(signal.reason);
        else if (this.#wanted !== undefined) resolve(this.#wanted);
        else {
          this.#wake = look;
          return;
        }
        signal.removeEventListener('abort', look);
      };
      signal.addEventListener('abort', look, { once: true });
      look();
    });
  }

  #want(reason: string): void {
    if (this.#isSettled()) return;
    this.#wanted ??= reason;
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** A method, because an await may have changed it. */
  #isSettled(): boolean {
    return this.#state === 'settled' || this.#ended.signal.aborted;
  }

  async #giveBackBeforeJoining(reason: string): Promise<void> {
    const { calls } = this.#context;
    const topics = this.#topics;
    const names = topics instanceof RegExp ? this.#names : topics;
    const going = this.#isEager ? this.#owned : this.#owned.filter(({ topic }) => !names.includes(topic));
    if (going.length === 0) return;
    await calls.revoked(going, reason);
    this.#owned = this.#owned.filter((partition) => !going.includes(partition));
  }

  /** Rounds until one succeeds. */
  async #join(reason: string): Promise<void> {
    const { cluster, trouble } = this.#context;
    const { clock, backOff, random } = cluster.settings;
    for (let failures = 0; !this.#isSettled(); ) {
      try {
        await this.#joinOnce(reason);
        return;
      } catch (cause) {
        if (this.#ended.signal.aborted || !(cause instanceof KlammError)) throw cause;
        const consequence = consequenceOf(cause.errorCode);
        if (consequence === 'fatal' && !cause.retriable) throw cause;
        failures++;
        const isOvertaken = cause.errorCode === ErrorCode.REBALANCE_IN_PROGRESS;
        if (consequence === 'fenced') this.#lose(cause);
        else if (!isOvertaken) trouble(cause);
        if ((isOvertaken || consequence === 'fenced') && failures <= AT_ONCE) continue;
        await sleep(clock, backOffMs(backOff, failures, random), this.#ended.signal);
      }
    }
  }

  async #joinOnce(reason: string): Promise<void> {
    const { options, emit, recovered } = this.#context;
    this.#wanted = undefined;
    this.#names = await this.#findNames();
    const joining = this.#round.join({
      reason,
      names: this.#names,
      memberId: this.#memberId,
      owned: this.#owned,
      generation: this.#generation,
      history: {
        topics: this.#names,
        lastAssignment: this.#lastAssignment,
        generation: this.#lastGeneration,
      },
      onMemberId: (memberId) => {
        this.#memberId = memberId;
        this.#onIdentified();
      },
      onSend: () => this.#heartbeat.stop(),
      signal: this.#ended.signal,
    });
    this.#identified = new Promise((resolve) => {
      this.#onIdentified = resolve;
      joining.then(
        () => resolve(),
        () => resolve(),
      );
    });
    const joined = await joining;
    this.#ended.signal.throwIfAborted();
    this.#memberId = joined.memberId;
    this.#generation = joined.generation;
    const { groupId, instanceId: groupInstanceId } = options;
    const { memberId, generation: generationId } = joined;
    this.#heartbeat.start({ groupId, memberId, generationId, groupInstanceId });
    if (this.#isSettled()) return;
    const { assignment, counts } = await this.#round.sync(joined, this.#ended.signal);
    if (this.#isSettled()) return;
    this.#state = 'stable';
    recovered();
    emit(
      'joined',
      `generation ${generationId} of the group begins, by ${joined.assignor.name}${joined.isLeader ? '; this member leads it' : ''}`,
    );
    await this.#take(assignment, joined.assignor);
    this.#startWatch(joined, counts);
  }

  async #findNames(): Promise<readonly string[]> {
    const topics = this.#topics;
    if (!(topics instanceof RegExp)) return topics;
    const { topics: all } = await this.#context.cluster.look('all');
    const names = all.filter(({ isInternal }) => !isInternal).map(({ name }) => name);
    return matching(topics, names);
  }

  async #take(assignment: readonly TopicPartition[], assignor: Assignor): Promise<void> {
    const { calls } = this.#context;
    const generation = this.#generation;
    this.#lastAssignment = assignment;
    this.#lastGeneration = generation;
    const had = new Set(this.#owned.map(partitionText));
    const has = new Set(assignment.map(partitionText));
    const going = this.#owned.filter((partition) => !has.has(partitionText(partition)));
    const coming = assignment.filter((partition) => !had.has(partitionText(partition)));
    const given = `generation ${generation} of the group, by ${assignor.name}`;
    if (going.length > 0) {
      await calls.revoked(going, `${given}, gives them to other members`);
      // It may have been fenced meanwhile: then all is lost already.
      if (generation !== this.#generation || this.#isSettled()) return;
    }
    this.#owned = assignment;
    void calls.assigned(coming, given);
    if (!this.#isEager) this.#heartbeat.expectRebalance();
    if (going.length > 0) this.#want(`this member has given ${going.length} partitions back`);
  }

  #startWatch({ isLeader }: Joined, counts: ReadonlyMap<string, number>): void {
    const { cluster } = this.#context;
    const pattern = this.#topics instanceof RegExp;
    if (this.#isSettled() || (!isLeader && !pattern)) return;
    const names = this.#names;
    const look = async (): Promise<Watched> => {
      if (pattern && !isSameTopics(names, await this.#findNames())) {
        return { change: 'other topics match the pattern now', isMissing: false };
      }
      const now = isLeader ? await countPartitions(cluster, [...counts.keys()]) : counts;
      return { change: changeOf(counts, now), isMissing: isMissing(now) };
    };
    this.#watch.start(pattern ? WATCH_PATTERN_MS : WATCH_NAMES_MS, isMissing(counts), look);
  }

  /** A heartbeat was refused. */
  #heard(error: KlammError): void {
    if (error.errorCode === ErrorCode.REBALANCE_IN_PROGRESS) {
      // Another state knows already, or hears of it by its JoinGroup or SyncGroup.
      if (this.#state === 'stable') this.#want('the group shares its partitions out anew');
      return;
    }
    if (consequenceOf(error.errorCode) === 'fatal') {
      this.#context.fail(error);
      return;
    }
    this.#lose(error);
    if (this.#state === 'stable') this.#want('the group has to take this member in again');
  }

  /** The group does not know this member, or not in this generation: what it has belongs to others by now. */
  #lose(error: KlammError): void {
    if (this.#ended.signal.aborted) return;
    const reason = `the group does not know this member any more (${error.code})`;
    this.#context.emit('fenced', reason, error);
    this.#heartbeat.stop();
    this.#generation = -1;
    if (error.errorCode !== ErrorCode.ILLEGAL_GENERATION) this.#memberId = '';
    this.#owned = [];
    void this.#context.calls.lostAll(reason);
  }
}

function isMissing(counts: ReadonlyMap<string, number>): boolean {
  for (const count of counts.values()) if (count < 0) return true;
  return false;
}
