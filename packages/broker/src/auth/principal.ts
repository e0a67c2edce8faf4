// Who is at the other end of a connection, as a login or a client certificate says it
// (org.apache.kafka.common.security.auth.KafkaPrincipal).

export interface Principal {
  /** `User`, as a rule. */
  readonly type: string;
  readonly name: string;
  /** True where a delegation token was the proof: such a principal may not ask for further tokens (KIP-48). */
  readonly isTokenAuthenticated: boolean;
}

/** Whoever comes by a listener that asks for no proof. */
export const ANONYMOUS: Principal = { type: 'User', name: 'ANONYMOUS', isTokenAuthenticated: false };

/** As ACLs and logs write it: `User:alice`. */
export function principalText({ type, name }: Principal): string {
  return `${type}:${name}`;
}
