// Output in large pieces: a write for each record would cost more than the record.

import type { CommandContext } from '../context.ts';

/** Text gathered before it is written, in bytes. */
const WRITE_BYTES = 64 * 1024;

export class Gathered {
  readonly #context: CommandContext;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /** True when it is time to flush. */
  add(piece: Buffer): boolean {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    return this.#bytes >= WRITE_BYTES;
  }

  async flush(): Promise<void> {
    if (this.#bytes === 0) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    await this.#context.write(Buffer.concat(pieces));
  }
}
