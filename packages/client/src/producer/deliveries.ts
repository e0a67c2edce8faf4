// Who is told what became of records that somebody awaits: one of them, or many together.

import type { Delivery } from './batch.ts';
import type { RecordMetadata } from './options.ts';

export class OneDelivery implements Delivery {
  readonly #resolve: (metadata: RecordMetadata) => void;
  readonly #reject: (error: Error) => void;

  constructor(resolve: (metadata: RecordMetadata) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  delivered(_token: unknown, topic: string, partition: number, offset: number, timestamp: number): void {
    this.#resolve({ topic, partition, offset, timestamp });
  }

  failed(_token: unknown, error: Error): void {
    this.#reject(error);
  }
}

export class ManyDelivery implements Delivery {
  readonly #resolve: (all: RecordMetadata[]) => void;
  readonly #reject: (error: Error) => void;
  readonly #all: RecordMetadata[];
  #left: number;
  #failure: Error | undefined;

  constructor(count: number, resolve: (all: RecordMetadata[]) => void, reject: (error: Error) => void) {
    this.#all = new Array(count);
    this.#left = count;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  delivered(token: unknown, topic: string, partition: number, offset: number, timestamp: number): void {
    this.#all[token as number] = { topic, partition, offset, timestamp };
    this.#decided();
  }

  failed(_token: unknown, error: Error): void {
    this.#failure ??= error;
    this.#decided();
  }

  #decided(): void {
    if (--this.#left > 0) return;
    if (this.#failure === undefined) this.#resolve(this.#all);
    else this.#reject(this.#failure);
  }
}
