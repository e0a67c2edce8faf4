// The contract between the sender and those who feed it.

import type { KlammError } from '@klamm/base/errors';
import type { TopicMetadata } from '../metadata-cache.ts';
import type { ProducerBatch } from './batch.ts';

/** What the sender needs of those who feed it. */
export interface SenderOwner {
  /** The topic as last seen; undefined where it is being looked for. */
  topic(name: string): TopicMetadata | undefined;
  /** Looks for the topic's leaders again, and then calls `moved` on the queues. */
  relocate(topic: string): void;
  /** A batch has left its queue: delivered, or failed with `error`. */
  finished(batch: ProducerBatch, error?: KlammError): void;
}
