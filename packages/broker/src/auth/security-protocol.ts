// How a listener speaks, with the numbers that a broker's registration gives to it
// (org.apache.kafka.common.security.auth.SecurityProtocol).

export const SECURITY_PROTOCOLS = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const;

export type SecurityProtocol = keyof typeof SECURITY_PROTOCOLS;

export function isSecurityProtocol(name: string): name is SecurityProtocol {
  return Object.hasOwn(SECURITY_PROTOCOLS, name);
}
