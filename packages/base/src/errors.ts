// The one error class that leaves Klamm's public API.
//
// Expected outcomes travel as Kafka error codes (values); KlammError is for callers. It names what was
// wrong, where, and what to do about it, and says whether the same call may succeed when tried again.

const brand: unique symbol = Symbol.for('klamm.error') as never;

export interface KlammErrorOptions {
  /** Kafka's name of the error (`UNKNOWN_TOPIC_OR_PARTITION`), or Klamm's own where Kafka has none. */
  readonly code: string;
  /** Kafka's number for `code`; left out where Kafka has none. */
  readonly errorCode?: number;
  /** True where the same call may succeed later without anything being changed. */
  readonly retriable: boolean;
  readonly cause?: unknown;
}

/**
 * An error a caller of Klamm can act on.
 *
 * `code` is the stable part: match on it, never on the message. `instanceof` holds across two installed
 * copies of Klamm, because it looks for a registered symbol and not for the class.
 */
export class KlammError extends Error {
  readonly code: string;
  /** Kafka's number for `code`, or -1 (`UNKNOWN_SERVER_ERROR`) where Kafka has none. */
  readonly errorCode: number;
  readonly retriable: boolean;

  constructor(message: string, options: KlammErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KlammError';
    this.code = options.code;
    this.errorCode = options.errorCode ?? -1;
    this.retriable = options.retriable;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): value is KlammError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
