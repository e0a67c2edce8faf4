// The producer id by which brokers recognise a record that is sent again (KIP-98).
//
// Asked for once, when first needed, and anew where a broker no longer accepts it. Epochs are counted per partition
// by the queues, as brokers keep them per partition.

import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { kafkaError } from '@klamm/protocol/error-codes';
import type { Cluster } from '../cluster.ts';
import type { ProducerIdentity } from './batch.ts';

export class IdentitySource {
  readonly #cluster: Cluster;
  #current: ProducerIdentity | undefined;
  #asking: Promise<void> | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** The id, where it is there. */
  get current(): ProducerIdentity | undefined {
    return this.#current;
  }

  /** Resolves when there is an id. Throws KlammError where the cluster gives none. */
  ask(): Promise<void> {
    if (this.#current !== undefined) return Promise.resolve();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Says that `stale` is of no more use. */
  discard(stale: ProducerIdentity): void {
    if (this.#current?.producerId === stale.producerId) this.#current = undefined;
  }

  async #ask(): Promise<void> {
    this.#current = await this.#cluster.retry(async () => {
      const answer = await this.#cluster.request(InitProducerId, {
        transactionalId: null,
        transactionTimeoutMs: 0x7fffffff,
      });
      if (answer.errorCode !== 0) throw kafkaError(answer.errorCode);
      return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    });
  }
}
