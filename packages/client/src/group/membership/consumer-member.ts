// A member of the consumer protocol (KIP-848): one request, sent again and again, says what changed here and brings what
// changed there. The coordinator assigns; the member follows (reconciliation.ts) and says so at once.
//
// Never two heartbeats at a time, unless one has something to say and the one before is not answered. After any
// failure the next says everything. A reply to a heartbeat of before the member was fenced is not listened to. Java:
// AbstractHeartbeatRequestManager, ConsumerMembershipManager.

import type { Timer } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import { randomUuid } from '@klamm/base/random';
import { ConsumerGroupHeartbeat } from '@klamm/protocol/api/68-consumer-group-heartbeat';
import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Decoded, Encodable } from '@klamm/protocol/schema/fields';
import { backOffMs } from '../../network/back-off.ts';
import type { Connection } from '../../network/connection.ts';
import { consequenceOf, groupError } from './group-errors.ts';
import { HeartbeatPace } from './heartbeat-pace.ts';
import { LEAVE_TIMEOUT_MS, type Member, type MemberContext } from './member.ts';
import { Reconciliation } from './reconciliation.ts';
import { re2Of, type Topics, topicsText } from './subscription.ts';
import { TopicIds } from './topic-ids.ts';
import { within } from './within.ts';

type Body = Encodable<(typeof ConsumerGroupHeartbeat)['request']['fields']>;
type Answer = Decoded<(typeof ConsumerGroupHeartbeat)['response']['fields']>;

const JOIN_EPOCH = 0;
const LEAVE_EPOCH = -1;
const LEAVE_STATIC_EPOCH = -2;
/** How long a heartbeat with nothing to say may keep one waiting that has. */
const UNANSWERED_MS = 100;
/** Others hear of a change at their next heartbeat, every 5 s by default, and need a moment to give partitions back. */
const OTHERS_ANSWER_MS = 5500;
/** Beyond its interval, which a broker may use up before it answers. */
const ANSWER_TIMEOUT_MS = 10_000;

export class ConsumerMember implements Member {
  readonly #context: MemberContext;
  readonly #reconciliation: Reconciliation;
  readonly #pace: HeartbeatPace;
  readonly #ended = new AbortController();
  #id = randomUuid();
  #epoch = JOIN_EPOCH;
  #isMember = false;
  /** Whether the coordinator may know of this member: it was asked to take it in. */
  #isKnown = false;
  #isSettled = false;
  #topics: Topics;
  #sentPattern = false;
  /** What the coordinator has not been told yet. */
  #unsaid: { everything: boolean; topics: boolean; owned: boolean };
  /** Changes when the member starts over. */
  #era = 0;
  #timer: Timer | undefined;
  #inFlight = 0;
  #sentAt = 0;
  #isUrgent = false;
  #failures = 0;
  #fencings = 0;

  constructor(context: MemberContext, topics: Topics) {
    this.#context = context;
    this.#topics = topics;
    this.#unsaid = { everything: true, topics: true, owned: true };
    this.#pace = new HeartbeatPace(
      context.cluster.settings.clock,
      context.options.heartbeatIntervalMs,
      OTHERS_ANSWER_MS,
    );
    const events = {
      onGivenBack: () => this.#say({ owned: true }),
      onTaken: () => {
        this.#unsaid.owned = true;
      },
    };
    const ids = new TopicIds(context.cluster, () => (Array.isArray(this.#topics) ? this.#topics : []));
    this.#reconciliation = new Reconciliation(context, ids, events, this.#ended.signal);
  }

  get memberId(): string {
    return this.#isMember ? this.#id : '';
  }

  get generation(): number {
    return this.#isMember ? this.#epoch : -1;
  }

  start(): void {
    void this.#beat();
  }

  subscribe(topics: Topics): void {
    this.#topics = topics;
    this.#context.emit('rebalancing', `this member now wants ${topicsText(topics)}`);
    this.#pace.news('more');
    this.#say({ topics: true });
  }

  settle(): void {
    this.#isSettled = true;
    this.#reconciliation.settle();
  }

  stop(): void {
    this.#ended.abort();
    this.#timer?.cancel();
    this.#isMember = false;
  }

  async leave(): Promise<void> {
    const isKnown = this.#isKnown;
    const { options, cluster, coordinator } = this.#context;
    const memberEpoch = options.instanceId === null ? LEAVE_EPOCH : LEAVE_STATIC_EPOCH;
    const body: Body = {
      groupId: options.groupId,
      memberId: this.#id,
      memberEpoch,
      instanceId: options.instanceId,
    };
    this.stop();
    if (!isKnown) return;
    const say = async (): Promise<number> => {
      // The same connection as all heartbeats: a join that is under way must not come after this.
      const connection = await coordinator.connect('heartbeat');
      const timeoutMs = LEAVE_TIMEOUT_MS;
      const { errorCode } = await connection.request(ConsumerGroupHeartbeat, body, { timeoutMs });
      if (consequenceOf(errorCode) === 'elsewhere') coordinator.forget(connection.address);
      return errorCode;
    };
    const sayTwice = async (): Promise<unknown> =>
      consequenceOf(await say()) === 'elsewhere' ? say() : undefined;
    await within(cluster.settings.clock, LEAVE_TIMEOUT_MS, sayTwice());
  }

  /** Sends a heartbeat as soon as can be, because something has to be said. */
  #say(what: { readonly topics?: boolean; readonly owned?: boolean }): void {
    if (what.topics === true) this.#unsaid.topics = true;
    if (what.owned === true) this.#unsaid.owned = true;
    if (!this.#isMember) return;
    const waited = this.#context.cluster.settings.clock.monotonic() - this.#sentAt;
    if (this.#inFlight === 0 || waited >= UNANSWERED_MS) {
      void this.#beat();
      return;
    }
    this.#isUrgent = true;
    this.#arm(UNANSWERED_MS - waited);
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    if (this.#ended.signal.aborted) return;
    this.#timer = this.#context.cluster.settings.clock.after(delayMs, () => void this.#beat(), true);
  }

  async #beat(): Promise<void> {
    const { cluster, coordinator } = this.#context;
    this.#timer?.cancel();
    this.#isUrgent = false;
    const era = this.#era;
    const sentAt = cluster.settings.clock.monotonic();
    this.#sentAt = sentAt;
    this.#inFlight++;
    let connection: Connection | undefined;
    let answer: Answer | KlammError;
    try {
      connection = await coordinator.connect('heartbeat');
      if (this.#ended.signal.aborted || era !== this.#era) return;
      this.#isKnown = true;
      const version = connection.versionOf(ConsumerGroupHeartbeat);
      const heldMs = this.#pace.interval;
      const options = { timeoutMs: heldMs + ANSWER_TIMEOUT_MS, heldMs };
      answer = await connection.request(ConsumerGroupHeartbeat, this.#body(version), options);
    } catch (cause) {
      if (connection !== undefined && !connection.isOpen) coordinator.forget(connection.address);
      answer = cause as KlammError;
    } finally {
      this.#inFlight--;
    }
    if (this.#ended.signal.aborted || era !== this.#era) return;
    if (answer instanceof Error) this.#failed(answer);
    else this.#answered(answer, sentAt, connection);
  }

  #body(version: number): Body {
    const { groupId, instanceId, rackId, rebalanceTimeoutMs, serverAssignor } = this.#context.options;
    const isJoining = !this.#isMember;
    const { everything, topics, owned } = this.#unsaid;
    const isFull = isJoining || everything;
    this.#unsaid = { everything: false, topics: false, owned: false };
    return {
      groupId,
      memberId: isJoining && version === 0 ? '' : this.#id,
      memberEpoch: isJoining ? JOIN_EPOCH : this.#epoch,
      instanceId,
      topicPartitions: isFull || owned ? this.#reconciliation.owned : null,
      ...(isFull ? { rackId, rebalanceTimeoutMs, serverAssignor } : {}),
      ...(isFull || topics ? this.#subscription() : {}),
    };
  }

  #subscription(): Body {
    const topics = this.#topics;
    if (topics instanceof RegExp) {
      this.#sentPattern = true;
      return { subscribedTopicNames: [], subscribedTopicRegex: re2Of(topics) };
    }
    // An empty pattern takes back one that was sent before.
    return { subscribedTopicNames: topics, subscribedTopicRegex: this.#sentPattern ? '' : null };
  }

  #failed(cause: Error): void {
    this.#unsaid.everything = true;
    if (!(cause instanceof KlammError) || !cause.retriable) {
      this.#context.fail(cause);
      return;
    }
    this.#context.trouble(cause);
    this.#tryAgain(++this.#failures);
  }

  #tryAgain(failures: number): void {
    const { backOff, random } = this.#context.cluster.settings;
    this.#arm(backOffMs(backOff, failures, random));
  }

  #answered(answer: Answer, sentAt: number, connection: Connection | undefined): void {
    const { coordinator, options, fail } = this.#context;
    if (answer.errorCode === 0) {
      this.#accepted(answer, sentAt);
      return;
    }
    const error = groupError(options.groupId, answer.errorCode, answer.errorMessage);
    // A group that has gone, or become a classic one, is joined again; whether it may be, the answer to that says.
    const isGone = this.#isMember && answer.errorCode === ErrorCode.GROUP_ID_NOT_FOUND;
    const consequence = isGone ? 'fenced' : consequenceOf(answer.errorCode);
    if (consequence === 'elsewhere' && connection !== undefined) coordinator.forget(connection.address);
    if (consequence === 'fatal') fail(error);
    else if (consequence === 'fenced') this.#startOver(error);
    else this.#retry(error);
  }

  #retry(error: KlammError): void {
    this.#unsaid.everything = true;
    this.#context.trouble(error);
    this.#tryAgain(++this.#failures);
  }

  #accepted(answer: Answer, sentAt: number): void {
    const { emit, recovered } = this.#context;
    const isNew = !this.#isMember;
    const isNewEpoch = isNew || answer.memberEpoch !== this.#epoch;
    this.#failures = 0;
    this.#fencings = 0;
    if (answer.memberId !== null && answer.memberId !== '') this.#id = answer.memberId;
    this.#epoch = answer.memberEpoch;
    this.#isMember = true;
    this.#pace.interval = answer.heartbeatIntervalMs;
    recovered();
    if (isNewEpoch) {
      this.#pace.news(isNew ? 'more' : 'once');
      emit(
        'joined',
        `${isNew ? 'the group took this member in' : 'the group moved on'}, member epoch ${answer.memberEpoch}`,
      );
    }
    if (answer.assignment !== null && !this.#isSettled) {
      const grows = this.#reconciliation.toward(answer.assignment.topicPartitions);
      this.#pace.news(grows ? 'more' : 'once');
    }
    if (this.#isUrgent) void this.#beat();
    else this.#arm(this.#pace.delayAfter(sentAt));
  }

  /** The group took this member for gone: whatever it has belongs to others by now. */
  #startOver(error: KlammError): void {
    const { emit } = this.#context;
    const reason = `the group does not know this member any more (${error.code})`;
    emit('fenced', reason, error);
    this.#era++;
    this.#isMember = false;
    this.#isKnown = false;
    this.#unsaid.everything = true;
    this.#reconciliation.loseAll(reason);
    if (this.#isSettled) return;
    if (this.#fencings++ === 0) void this.#beat();
    else this.#tryAgain(this.#fencings);
  }
}
