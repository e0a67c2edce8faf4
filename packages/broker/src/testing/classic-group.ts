// One classic group for tests, with a log of its records and a clock of the test's. Requests are answered when the
// machine does; an answer that never came, or came twice, shows.

import { ClassicGroup } from '../coordinators/classic/classic-group.ts';
import type {
  Joiner,
  JoinRequest,
  JoinResponse,
  LeavingMember,
  SyncResponse,
} from '../coordinators/classic/classic-member.ts';
import type { ClassicGroupOptions, ClassicGroupSettings } from '../coordinators/classic/classic-options.ts';
import type { SyncRequest } from '../coordinators/classic/classic-standing.ts';
import {
  decodeGroupRecord,
  encodeGroupRecord,
  type GroupRecord,
  type RecordBytes,
} from '../coordinators/group-record.ts';
import type { Step } from '../coordinators/step.ts';

export const CLASSIC_SETTINGS: ClassicGroupSettings = {
  sessionTimeoutMinMs: 6_000,
  sessionTimeoutMaxMs: 1_800_000,
  initialRebalanceDelayMs: 3_000,
  maxSize: 100,
  newMemberJoinTimeoutMs: 300_000,
};

/** A request, and what came of it. */
export interface Call<Body> {
  readonly kind: 'join' | 'sync';
  readonly askedAt: number;
  /** The last is the one that counts; there ought to be but one. */
  readonly answers: Body[];
  answeredAt: number;
}

export class TestClassicGroup {
  readonly #settings: ClassicGroupSettings;
  /** As it is on disk. */
  readonly log: RecordBytes[] = [];
  group: ClassicGroup;
  now = 1_000_000;
  #ids = 0;
  readonly #check: (step: Step) => void;

  /** @param check called after each step of the machine, when its answers have been given */
  constructor(settings: Partial<ClassicGroupSettings> = {}, check: (step: Step) => void = () => {}) {
    this.#settings = { ...CLASSIC_SETTINGS, ...settings };
    this.#check = check;
    this.group = new ClassicGroup('g', this.options());
  }

  /** By default a first join of a dynamic member with session 10 s, rebalance 60 s, protocols range and roundrobin. */
  join(fields: Partial<JoinRequest> = {}, who: Partial<Joiner> = {}): Call<JoinResponse> {
    const request = {
      groupId: 'g',
      memberId: '',
      groupInstanceId: null,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: protocolsOf('range', 'roundrobin'),
      reason: null,
      ...fields,
    };
    const joiner = { clientId: 'c', clientHost: '/127.0.0.1', mustKnowItsId: true, maySkipAssignment: true };
    return this.#call('join', (respond) =>
      this.group.join(request, { ...joiner, ...who }, respond, this.now),
    );
  }

  sync(fields: Partial<SyncRequest>): Call<SyncResponse> {
    const request = {
      groupId: 'g',
      generationId: this.group.standing.generation,
      memberId: '',
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: [],
      ...fields,
    };
    return this.#call('sync', (respond) => this.group.sync(request, respond, this.now));
  }

  heartbeat(memberId: string, generation: number, instanceId: string | null = null): number {
    return this.group.heartbeat(memberId, instanceId, generation, this.now);
  }

  /** Error codes, one for each that leaves. */
  leave(...members: Partial<LeavingMember>[]): number[] {
    const full = members.map((member) => ({ memberId: '', groupInstanceId: null, reason: null, ...member }));
    const { step, outcomes } = this.group.leave(full, this.now);
    this.#keep(step);
    return outcomes.map(({ errorCode }) => errorCode);
  }

  /** Writes the group, which nobody knew before. */
  create(): void {
    this.#keep(this.group.create(this.now));
  }

  /** Lets time pass; whatever is due then happens, in order. */
  pass(ms: number): void {
    const until = this.now + ms;
    while (this.group.deadline <= until) {
      this.now = Math.max(this.now, this.group.deadline);
      this.#keep(this.group.expire(this.now));
    }
    this.now = until;
  }

  /** The broker dies; the next one reads the log, compacted as it may be. Nobody who waits is answered. */
  restart(settings: Partial<ClassicGroupSettings> = {}): void {
    this.group = new ClassicGroup('g', this.options(settings));
    const record = this.lastRecord();
    if (record !== undefined) this.group.replay(record);
    this.group.loaded(this.now);
  }

  lastRecord(): GroupRecord | undefined {
    const last = this.log.at(-1);
    return last === undefined ? undefined : decodeGroupRecord(last.key, last.value);
  }

  /** Members with these names for their clients join and are given the same generation, the first as the leader. */
  settle(...names: string[]): string[] {
    const ids = names.map((name) => lastOf(this.join({}, { clientId: name })).memberId ?? '');
    const joins = ids.map((memberId) => this.join({ memberId }));
    while (joins.some(({ answers }) => answers.length === 0)) this.pass(this.group.deadline - this.now);
    for (const memberId of ids.toReversed()) this.sync({ memberId, assignments: sharesOf(ids) });
    return ids;
  }

  #call<Body>(kind: Call<Body>['kind'], decide: (respond: (body: Body) => void) => Step): Call<Body> {
    const call: Call<Body> = { kind, askedAt: this.now, answers: [], answeredAt: Number.NaN };
    this.#keep(
      decide((body) => {
        call.answers.push(body);
        call.answeredAt = this.now;
      }),
    );
    return call;
  }

  #keep(step: Step): void {
    for (const record of step.records) this.log.push(encodeGroupRecord(record));
    for (const { respond, body } of step.replies) (respond as (body: unknown) => void)(body);
    this.#check(step);
  }

  /** What another machine for the same group is made with. */
  options(settings: Partial<ClassicGroupSettings> = {}): ClassicGroupOptions {
    return {
      settings: { ...this.#settings, ...settings },
      newMemberId: (prefix) => `${prefix}-${this.#ids++}`,
    };
  }
}

/** Protocols by name, with what a member says of itself in them. */
export function protocolsOf(...names: string[]): JoinRequest['protocols'] {
  return names.map((name) => ({ name, metadata: Buffer.from(`for ${name}`) }));
}

/** What a leader gives: to each its own id. */
export function sharesOf(memberIds: readonly string[]): SyncRequest['assignments'] {
  return memberIds.map((memberId) => ({ memberId, assignment: Buffer.from(`of ${memberId}`) }));
}

/** The answer of a call that was answered, once. */
export function lastOf<Body>({ answers }: Call<Body>): Body {
  const [only, ...others] = answers;
  if (only === undefined || others.length > 0)
    throw new Error(`The call was answered ${answers.length} times.`);
  return only;
}
