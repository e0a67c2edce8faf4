// Requests that have to wait before they are sent, in their order: a login is being renewed (KIP-368), or the broker has
// sent the client away for a while (KIP-219). They begin to count their time when they are sent.

export class HeldSends {
  #reasons = 0;
  #sends: (() => void)[] = [];

  get isHolding(): boolean {
    return this.#reasons > 0;
  }

  /** Begins to hold; `release` has to be called as often. */
  hold(): void {
    this.#reasons++;
  }

  release(): void {
    // The connection may have ended meanwhile.
    if (this.#reasons === 0) return;
    this.#reasons--;
    if (this.#reasons > 0) return;
    for (const send of this.#sends.splice(0)) send();
  }

  add(send: () => void): void {
    this.#sends.push(send);
  }

  /** Lets go of all: the connection has ended, and each is sent to learn of it. */
  end(): void {
    this.#reasons = 0;
    for (const send of this.#sends.splice(0)) send();
  }
}
