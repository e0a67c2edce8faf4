// Addresses of brokers, as people write them and as metadata gives them.

import { KlammError } from '@klamm/base/errors';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 9092;

/** `host:port`, with brackets around an IPv6 address. */
export function addressText({ host, port }: BrokerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The addresses in `brokers`: a list, or text with commas in between. A port that is left out is 9092.
 *
 * @throws KlammError INVALID_CONFIG where there is none, or one cannot be read
 */
export function parseAddresses(brokers: string | readonly string[]): BrokerAddress[] {
  const texts = (typeof brokers === 'string' ? [brokers] : brokers)
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (texts.length === 0) throw invalid('`brokers` names no broker');
  return texts.map(parseAddress);
}

function parseAddress(text: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:/\s]+))(?::(\d+))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (host === undefined || port < 1 || port > 65535) {
    throw invalid(`"${text}" in \`brokers\` is not an address`);
  }
  return { host, port };
}

function invalid(what: string): KlammError {
  return new KlammError(`${what}; write host:port, as in brokers: ['127.0.0.1:9092'].`, {
    code: 'INVALID_CONFIG',
    errorCode: 40,
    retriable: false,
  });
}
