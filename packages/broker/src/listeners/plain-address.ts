/** The address of a client: one of IPv4 that came by a socket of IPv6 (`::ffff:10.0.0.7`) is the same address. */
export function plainAddress(address: string | undefined): string {
  return (address ?? 'unknown').replace(/^::ffff:(?=\d+\.)/, '');
}
