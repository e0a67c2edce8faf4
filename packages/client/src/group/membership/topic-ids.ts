// From the ids that the consumer protocol speaks of to the names that programs use, by metadata.
//
// A topic that was deleted and made again under its name has another id, so names are never guessed from names.

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { Cluster } from '../../cluster.ts';

export class TopicIds {
  readonly #cluster: Cluster;
  readonly #likely: () => readonly string[];
  readonly #names = new Map<string, string>();

  /** @param likely names of topics that the ids are likely to belong to */
  constructor(cluster: Cluster, likely: () => readonly string[]) {
    this.#cluster = cluster;
    this.#likely = likely;
  }

  /** The name, where it has been found already. */
  nameOf(id: string): string | undefined {
    return this.#names.get(id);
  }

  /**
   * Looks the ids up, once; those the cluster does not know (yet) stay unknown.
   *
   * @throws KlammError where the cluster cannot be asked
   */
  async find(ids: readonly string[]): Promise<void> {
    for (const name of this.#likely()) {
      const known = this.#cluster.known(name);
      if (known !== undefined) this.#names.set(known.id, name);
    }
    const missing = ids.filter((id) => !this.#names.has(id));
    if (missing.length === 0) return;
    const { topics, refused } = await this.#cluster.look({ ids: missing });
    for (const { id, name } of topics) this.#names.set(id, name);
    for (const error of refused.values()) {
      const isUnknown = error.errorCode === ErrorCode.UNKNOWN_TOPIC_ID;
      if (!isUnknown && !error.retriable) throw error;
    }
  }
}
