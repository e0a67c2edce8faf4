// The producer id by which brokers recognise a record that is sent again (KIP-98).
//
// An idempotent producer asks for one when it first needs it, and anew where a broker no longer accepts it. Its epochs
// are counted per partition by the queues, as brokers keep them per partition. A transactional producer's id and epoch
// come from its coordinator, and what it may write to from its transaction; see transactions/transaction-state.ts.

import { Produce } from '@klamm/protocol/api/00-produce';
import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { kafkaError } from '@klamm/protocol/error-codes';
import type { Cluster } from '../cluster.ts';
import type { ProducerIdentity } from './batch.ts';

/** What the sender has to know of who it sends for. */
export interface IdentitySource {
  /** Null for a producer without transactions. */
  readonly transactionalId: string | null;
  /** The highest version of Produce to use. */
  readonly produceVersionMax: number;
  /** The id, where it is there. */
  readonly current: ProducerIdentity | undefined;
  /** Resolves when there is an id. Throws KlammError where the cluster gives none. */
  ask(): Promise<void>;
  /** Says that `stale` is of no more use. */
  discard(stale: ProducerIdentity): void;
  /** True where records may be sent to the partition; else the sender is woken when they may. */
  admits(topic: string, partition: number): boolean;
}

export class IdempotentIdentity implements IdentitySource {
  readonly transactionalId = null;
  readonly produceVersionMax = Produce.versions[1];
  readonly #cluster: Cluster;
  #current: ProducerIdentity | undefined;
  #asking: Promise<void> | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  get current(): ProducerIdentity | undefined {
    return this.#current;
  }

  ask(): Promise<void> {
    if (this.#current !== undefined) return Promise.resolve();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  discard(stale: ProducerIdentity): void {
    if (this.#current?.producerId === stale.producerId) this.#current = undefined;
  }

  admits(): boolean {
    return true;
  }

  async #ask(): Promise<void> {
    this.#current = await this.#cluster.retry(async () => {
      const body = { transactionalId: null, transactionTimeoutMs: 0x7fffffff };
      const answer = await this.#cluster.ask(InitProducerId, body, { retry: false });
      if (answer.errorCode !== 0) {
        // A broker that does not reach the controller has none to give.
        this.#cluster.passOver();
        throw kafkaError(answer.errorCode);
      }
      return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    });
  }
}
