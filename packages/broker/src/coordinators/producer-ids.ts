// Ids for producers that no other ever had. They are taken from the metadata log in blocks (KIP-730), so that giving one
// writes nothing; what is left of a block when the broker stops is lost.
// org.apache.kafka.coordinator.transaction.ProducerIdManager.

/** Ids in a block (ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE). */
export const PRODUCER_ID_BLOCK = 1000;
/** With fewer ids left than this the next block is taken. */
const LOW = 100;

export class ProducerIds {
  /** Takes the next block; resolves with its first id. */
  readonly #takeBlock: () => Promise<number>;
  #next = 0;
  #end = 0;
  #following: number | undefined;
  #taking: Promise<void> | undefined;

  constructor(takeBlock: () => Promise<number>) {
    this.#takeBlock = takeBlock;
  }

  /** Resolves when `next` has ids to give. Throws what the metadata log refused the block with. */
  async ready(): Promise<void> {
    const left = this.#end - this.#next;
    if (left < LOW && this.#following === undefined) {
      this.#taking ??= this.#take().finally(() => {
        this.#taking = undefined;
      });
      if (left === 0) await this.#taking;
      // Who takes the last one is told; this one is only early.
      else this.#taking.catch(() => {});
    }
  }

  /** An id; undefined where none is at hand, and `ready` is to be waited for. */
  next(): number | undefined {
    if (this.#next === this.#end) {
      if (this.#following === undefined) return undefined;
      this.#next = this.#following;
      this.#end = this.#next + PRODUCER_ID_BLOCK;
      this.#following = undefined;
    }
    return this.#next++;
  }

  async #take(): Promise<void> {
    this.#following = await this.#takeBlock();
  }
}
