// What a group consumer tells about itself: each change of state, with a reason.

import type { KlammError } from '@klamm/base/errors';
import type { TopicPartition } from '@klamm/protocol/groups/topic-partition';
import type { GroupEvent, GroupEventType } from './membership/membership.ts';

/** Partitions came or went; `lost` ones are gone already, and nothing could be committed for them. */
export interface PartitionsEvent {
  readonly type: 'assigned' | 'revoked' | 'lost';
  readonly partitions: readonly TopicPartition[];
  readonly reason: string;
}

/** A commit was answered, or refused. */
export interface CommitEvent {
  readonly type: 'committed' | 'commitFailed';
  readonly offsets: readonly (TopicPartition & { readonly offset: number })[];
  /** null where it succeeded. */
  readonly error: KlammError | null;
}

/** The program has worked on a message for longer than `maxPollIntervalMs`: the member leaves until it asks again. */
export interface PollTimeoutEvent {
  readonly type: 'pollTimeout';
  readonly reason: string;
}

export type GroupNotice = GroupEvent | PartitionsEvent | CommitEvent | PollTimeoutEvent;
export type GroupNoticeType = GroupNotice['type'];
/** The event of one type; of every type for `event`. */
export type GroupNoticeOf<T extends GroupNoticeType | 'event'> = T extends 'event'
  ? GroupNotice
  : T extends GroupEventType
    ? GroupEvent
    : T extends PartitionsEvent['type']
      ? PartitionsEvent
      : T extends CommitEvent['type']
        ? CommitEvent
        : PollTimeoutEvent;

type Listener = (notice: never) => void;

/** Calls listeners; one that throws is told to `onFailure`, and the others are called all the same. */
export class GroupEvents {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #onFailure: (cause: unknown) => void;

  constructor(onFailure: (cause: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** The function returned takes the listener off again. */
  on<T extends GroupNoticeType | 'event'>(type: T, listener: (notice: GroupNoticeOf<T>) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  emit(notice: GroupNotice): void {
    for (const type of [notice.type, 'event']) {
      for (const listener of this.#listeners.get(type) ?? []) {
        try {
          (listener as (notice: GroupNotice) => void)(notice);
        } catch (cause) {
          this.#onFailure(cause);
        }
      }
    }
  }
}
