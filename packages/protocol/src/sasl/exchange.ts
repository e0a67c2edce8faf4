// The two ends of a SASL exchange (RFC 4422), whatever the mechanism: bytes of the other end in, bytes for it out. No
// socket is known here; a server half does not know where its users are kept either.

/** The client's half. */
export interface SaslClient {
  /** As SaslHandshake names it. */
  readonly mechanism: string;
  /**
   * The message to send after `challenge`, the broker's last one; null for the first of all. Null where nothing is left
   * to be sent. Throws KlammError SASL_AUTHENTICATION_FAILED where the broker does not prove that it knows the password,
   * or says what no broker says.
   */
  next(challenge: Buffer | null): Buffer | null | Promise<Buffer | null>;
}

/** Whom a login has proved to be there. */
export interface SaslIdentity {
  readonly name: string;
  /** A delegation token was the proof (KIP-48): `name` is the token's owner. */
  readonly isTokenAuthenticated: boolean;
  /** When the proof expires, in ms since 1970; undefined for never. */
  readonly expiresAtMs?: number;
}

/** What comes of one message of the client. */
export type SaslStep =
  | { readonly kind: 'continues'; readonly challenge: Buffer }
  | { readonly kind: 'done'; readonly challenge: Buffer; readonly identity: SaslIdentity }
  | {
      readonly kind: 'failed';
      /** For the broker's log; may name the user, never a secret. */
      readonly reason: string;
      /** For the client; undefined where nothing may be told. */
      readonly said?: string;
      /** An answer of the mechanism's own that goes before the refusal. */
      readonly challenge?: Buffer;
    };

/** The broker's half. A message after `done` or `failed` is `failed`. */
export interface SaslServer {
  readonly mechanism: string;
  evaluate(response: Buffer): SaslStep | Promise<SaslStep>;
}

export function failed(reason: string, said?: string): SaslStep {
  return said === undefined ? { kind: 'failed', reason } : { kind: 'failed', reason, said };
}
