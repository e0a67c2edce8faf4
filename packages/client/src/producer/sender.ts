// Sends what the partition queues hold: one Produce request per broker and turn, several in flight.
//
// What queues up while a request is in flight goes with the next, so that concurrent sends share batches without
// waiting for a clock (Nagle's rule); full batches are pipelined. A batch leaves its queue delivered or failed, and
// in no other way. Refusals are judged here: try again, look for the leader, number anew, split, or give up.

import { KlammError } from '@klamm/base/errors';
import { ZERO_UUID } from '@klamm/base/random';
import { Produce } from '@klamm/protocol/api/00-produce';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import type { Cluster } from '../cluster.ts';
import type { LeaderHint } from '../metadata-cache.ts';
import type { Connection } from '../network/connection.ts';
import type { ProducerBatch } from './batch.ts';
import type { IdentitySource } from './identity.ts';
import type { ProducerSettings } from './options.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { errorOfAnswer, isAboutLeader, isAboutSequence, notDelivered } from './produce-errors.ts';
import {
  answersOf,
  hasTopicIds,
  LAST_NAMED_VERSION,
  leaderHint,
  type PartitionAnswer,
  produceBody,
  type Shipment,
} from './produce-request.ts';
import { waitAfter, whyGiveUp } from './produce-retries.ts';
import type { SenderOwner } from './sender-owner.ts';
import { WakeTimer } from './wake-timer.ts';

interface Node {
  readonly nodeId: number;
  /** Queues led by this node that hold batches. */
  readonly queues: Set<PartitionQueue>;
  inFlight: number;
  /** It is being connected to, or the producer waits for its id. */
  isPreparing: boolean;
}

const REQUEST_BYTES_MAX = 1024 * 1024;

export class Sender {
  readonly #cluster: Cluster;
  readonly #settings: ProducerSettings;
  readonly #owner: SenderOwner;
  readonly #purpose: string;
  readonly #identities: IdentitySource;
  readonly #topicId = (name: string): string => this.#owner.topic(name)?.id ?? ZERO_UUID;
  readonly #nodes = new Map<number, Node>();
  readonly #homeless = new Set<PartitionQueue>();
  /** While above zero, nothing lingers. */
  flushing = 0;
  /** Where it is there, nothing is sent again: what comes back fails with it. */
  abandoned: KlammError | undefined;
  #isScheduled = false;
  #isClosed = false;
  readonly #timer: WakeTimer;

  constructor(cluster: Cluster, settings: ProducerSettings, identities: IdentitySource, owner: SenderOwner) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#owner = owner;
    this.#purpose = cluster.newPurpose('produce');
    this.#identities = identities;
    this.#timer = new WakeTimer(cluster.settings.clock, () => this.schedule());
  }

  /** Says that a queue has something to send. */
  wake(queue: PartitionQueue): void {
    if (queue.leader < 0) this.#homeless.add(queue);
    else this.#nodeOf(queue.leader).queues.add(queue);
    this.schedule();
  }

  /** Says that a queue's leader has become known or another. */
  moved(queue: PartitionQueue, leader: number): void {
    if (queue.leader !== leader) {
      this.#nodes.get(queue.leader)?.queues.delete(queue);
      this.#homeless.delete(queue);
      queue.leader = leader;
      // What another refused, this one may take.
      queue.notBefore = 0;
    }
    if (queue.batches.length > 0) this.wake(queue);
  }

  /** Sends what may be sent, at the end of this turn: those who call now and next share a request. */
  schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    process.nextTick(() => {
      this.#isScheduled = false;
      this.#drain();
    });
  }

  /** Fails everything in the queue's line that is not in flight. */
  fail(queue: PartitionQueue, error: KlammError): void {
    for (const batch of [...queue.batches]) if (batch.state !== 'inFlight') this.#fail(queue, batch, error);
  }

  /** Fails what has waited longer than deliveryTimeoutMs. Batches in flight have their request's deadline. */
  expire(queue: PartitionQueue, now: number): void {
    const { deliveryTimeoutMs } = this.#settings;
    for (const batch of [...queue.batches]) {
      if (batch.state === 'inFlight' || batch.acceptedAt + deliveryTimeoutMs > now) continue;
      this.#fail(queue, batch, notDelivered(queue.topic, queue.index, deliveryTimeoutMs, queue.lastError));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.stop();
    this.#cluster.pool.release(this.#purpose);
  }

  #drain(): void {
    if (this.#isClosed) return;
    for (const queue of this.#homeless) {
      if (queue.batches.length === 0) this.#homeless.delete(queue);
      else this.#owner.relocate(queue.topic);
    }
    for (const node of this.#nodes.values()) {
      if (node.queues.size > 0) this.#drainNode(node);
    }
  }

  #drainNode(node: Node): void {
    const address = this.#cluster.addressOf(node.nodeId);
    const connection = address && this.#cluster.pool.current(address, this.#purpose);
    if (connection === undefined) {
      this.#connect(node);
      return;
    }
    const identity = this.#identities.current;
    if (this.#settings.idempotent && identity === undefined) {
      this.#identify(node);
      return;
    }
    while (node.inFlight < this.#settings.maxInFlight) {
      const shipments = this.#gather(node);
      if (shipments.length === 0) return;
      void this.#ship(node, connection, shipments);
    }
  }

  #gather(node: Node): Shipment[] {
    const now = this.#cluster.settings.clock.monotonic();
    const shipments: Shipment[] = [];
    let bytes = 0;
    for (const queue of node.queues) {
      if (queue.batches.length === 0) {
        node.queues.delete(queue);
        continue;
      }
      if (queue.notBefore > now) {
        this.#timer.wakeAt(queue.notBefore);
        continue;
      }
      if (!this.#identities.admits(queue.topic, queue.index)) continue;
      const batch = queue.next(
        (open) => this.#isDue(open, node, now),
        this.#identities.current,
        (error) => this.#compressed(queue, error),
      );
      if (batch === undefined) continue;
      batch.state = 'inFlight';
      queue.inFlight++;
      shipments.push({ queue, batch });
      bytes += batch.sizeInBytes;
      if (bytes >= REQUEST_BYTES_MAX) break;
    }
    // Whoever was served goes to the end of the line; only now, or a queue would be met twice, and a request that
    // holds two batches of one partition is none: brokers take one of the two and answer for both.
    for (const { queue } of shipments) {
      node.queues.delete(queue);
      node.queues.add(queue);
    }
    return shipments;
  }

  #isDue(open: ProducerBatch, node: Node, now: number): boolean {
    const { lingerMs } = this.#settings;
    if (this.flushing === 0 && lingerMs > 0 && now - open.acceptedAt < lingerMs) {
      this.#timer.wakeAt(open.acceptedAt + lingerMs);
      return false;
    }
    return node.inFlight === 0;
  }

  async #ship(node: Node, connection: Connection, shipments: readonly Shipment[]): Promise<void> {
    node.inFlight++;
    try {
      if (this.#settings.acks === 0) {
        await connection.notify(Produce, this.#body(shipments), LAST_NAMED_VERSION);
        for (const { queue, batch } of shipments) this.#succeed(queue, batch, -1, -1);
        return;
      }
      const { requestTimeoutMs, clock } = this.#cluster.settings;
      const { produceVersionMax } = this.#identities;
      const oldest = Math.min(...shipments.map(({ batch }) => batch.acceptedAt));
      const left = oldest + this.#settings.deliveryTimeoutMs - clock.monotonic();
      const answer = await connection.request(Produce, this.#body(shipments), {
        timeoutMs: Math.max(1, Math.min(requestTimeoutMs, left)),
        versionMax: hasTopicIds(shipments, this.#topicId)
          ? produceVersionMax
          : Math.min(LAST_NAMED_VERSION, produceVersionMax),
      });
      const answerFor = answersOf(answer, this.#topicId);
      for (const { queue, batch } of shipments) {
        const found = answerFor(queue);
        this.#settle(queue, batch, found, found && leaderHint(answer, queue, found, node.nodeId));
      }
    } catch (cause) {
      const error = asKlammError(cause);
      for (const { queue, batch } of shipments) {
        if (batch.state === 'inFlight') this.#refused(queue, batch, error, undefined, error.retriable);
      }
    } finally {
      node.inFlight--;
      this.schedule();
    }
  }

  #body(shipments: readonly Shipment[]) {
    return produceBody(shipments, this.#topicId, {
      transactionalId: this.#identities.transactionalId,
      acks: this.#settings.acks,
      timeoutMs: this.#cluster.settings.requestTimeoutMs,
    });
  }

  #settle(
    queue: PartitionQueue,
    batch: ProducerBatch,
    answer: PartitionAnswer | undefined,
    hint: LeaderHint | undefined,
  ): void {
    const code = answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (answer !== undefined && code === ErrorCode.NONE) {
      this.#succeed(queue, batch, answer.baseOffset, answer.logAppendTimeMs);
    } else if (code === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
      this.#succeed(queue, batch, -1, -1);
    } else if (code === ErrorCode.MESSAGE_TOO_LARGE && batch.count > 1) {
      queue.inFlight--;
      queue.split(batch);
      this.wake(queue);
    } else this.#refused(queue, batch, errorOfAnswer(queue, code, answer), hint, false);
  }

  #succeed(queue: PartitionQueue, batch: ProducerBatch, baseOffset: number, logAppendTimeMs: number): void {
    queue.inFlight--;
    queue.isKnown = true;
    queue.failures = 0;
    queue.lastError = undefined;
    queue.remove(batch);
    batch.delivered(queue.topic, queue.index, baseOffset, logAppendTimeMs);
    this.#owner.finished(batch);
  }

  #fail(queue: PartitionQueue, batch: ProducerBatch, error: KlammError): void {
    // Whoever was told of another's failure may have given up all of them.
    if (batch.state === 'done') return;
    queue.remove(batch);
    batch.failed(error);
    this.#owner.finished(batch, error);
  }

  /** A batch came back: it is sent again, at once or later, or given up. */
  #refused(
    queue: PartitionQueue,
    batch: ProducerBatch,
    error: KlammError,
    hint: LeaderHint | undefined,
    isLost: boolean,
  ): void {
    const code = error.errorCode;
    queue.inFlight--;
    queue.lastError = error;
    batch.state = 'ready';
    const final =
      this.abandoned ??
      whyGiveUp(queue, batch, error, {
        ...this.#settings,
        now: this.#cluster.settings.clock.monotonic(),
        isLost,
      });
    if (final !== undefined) {
      this.#fail(queue, batch, final);
      this.schedule();
      return;
    }
    if (this.#settings.idempotent && isAboutSequence(code)) {
      // Where it is not the first, it was refused for want of its predecessor, and simply follows that one again.
      if (queue.isFirst(batch) && this.#identities.transactionalId === null) this.#restart(queue, code);
    } else if (!this.#follow(queue, hint)) {
      this.#backOff(queue, error);
      if (isLost || isAboutLeader(code)) {
        this.#cluster.invalidate(queue.topic);
        this.#owner.relocate(queue.topic);
      }
    }
    this.wake(queue);
  }

  /** Goes to the leader that a refusal has named; false where it has not. */
  #follow(queue: PartitionQueue, hint: LeaderHint | undefined): boolean {
    const leader = hint && this.#cluster.learnLeader(hint);
    if (leader === undefined) return false;
    this.moved(queue, leader);
    return true;
  }

  #backOff(queue: PartitionQueue, error: KlammError): void {
    const { clock, logger } = this.#cluster.settings;
    const now = clock.monotonic();
    if (queue.notBefore <= now) {
      queue.failures++;
      queue.notBefore = now + waitAfter(error, queue.failures, this.#cluster.settings);
    }
    logger.debug(`Sending to ${queue.topic}-${queue.index} again: ${error.message}`);
  }

  #restart(queue: PartitionQueue, code: number): void {
    const { identity } = queue;
    if (identity !== undefined && (code === ErrorCode.INVALID_PRODUCER_EPOCH || queue.isEpochSpent)) {
      this.#identities.discard(identity);
    }
    this.#cluster.settings.logger.debug(
      `The broker does not know the place of a batch for ${queue.topic}-${queue.index}; its numbers start anew.`,
    );
    queue.restartSequence();
  }

  #compressed(queue: PartitionQueue, error: unknown): void {
    if (error !== undefined) {
      const batch = queue.batches.find(({ state }) => state === 'compressing');
      if (batch !== undefined) this.#fail(queue, batch, asKlammError(error));
    }
    this.wake(queue);
  }

  #connect(node: Node): void {
    const connect = (): Promise<unknown> => this.#cluster.connect(node.nodeId, this.#purpose);
    this.#prepare(node, connect, ({ topic }) => {
      this.#cluster.invalidate(topic);
      this.#owner.relocate(topic);
    });
  }

  #identify(node: Node): void {
    this.#prepare(
      node,
      () => this.#identities.ask(),
      (queue, error) => {
        if (!error.retriable) this.fail(queue, error);
      },
    );
  }

  /** Goes on when `work` is done; where it fails, the node's queues are told, and it is tried again soon. */
  #prepare(
    node: Node,
    work: () => Promise<unknown>,
    failed: (queue: PartitionQueue, error: KlammError) => void,
  ): void {
    if (node.isPreparing) return;
    node.isPreparing = true;
    const { clock, backOff } = this.#cluster.settings;
    work().then(
      () => {
        node.isPreparing = false;
        this.schedule();
      },
      (error: KlammError) => {
        node.isPreparing = false;
        for (const queue of node.queues) {
          queue.lastError = error;
          failed(queue, error);
        }
        this.#timer.wakeAt(clock.monotonic() + backOff.firstMs);
      },
    );
  }

  #nodeOf(nodeId: number): Node {
    let node = this.#nodes.get(nodeId);
    if (node === undefined) {
      node = { nodeId, queues: new Set(), inFlight: 0, isPreparing: false };
      this.#nodes.set(nodeId, node);
    }
    return node;
  }
}

function asKlammError(cause: unknown): KlammError {
  if (cause instanceof KlammError) return cause;
  return kafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, String(cause), { cause });
}
