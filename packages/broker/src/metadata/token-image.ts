// Delegation tokens as they stand (org.apache.kafka.image.DelegationTokenImage). A token's secret is not here: it is made
// of its id and a setting.

/** Principals are written as in ACLs: `User:alice`. Times in ms since 1970. */
export interface DelegationToken {
  readonly tokenId: string;
  readonly owner: string;
  readonly requester: string;
  readonly renewers: readonly string[];
  readonly issueTimestamp: number;
  /** Until when it can be renewed. */
  readonly maxTimestamp: number;
  readonly expirationTimestamp: number;
}

export class TokenImage {
  readonly #tokens = new Map<string, DelegationToken>();

  all(): IterableIterator<DelegationToken> {
    return this.#tokens.values();
  }

  get(tokenId: string): DelegationToken | undefined {
    return this.#tokens.get(tokenId);
  }

  /** Takes the place of one with the same id. */
  set(token: DelegationToken): void {
    this.#tokens.set(token.tokenId, token);
  }

  remove(tokenId: string): void {
    this.#tokens.delete(tokenId);
  }
}
