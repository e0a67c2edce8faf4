// What can go wrong with a connection, in words for a person: which broker, what happened.

import { type KlammError, messageOf } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import { addressText, type BrokerAddress } from './address.ts';

/** The connection ended while `waiting` requests had no answer. Retriable. */
export function lost(address: BrokerAddress, waiting: number, what: string, cause?: unknown): KlammError {
  const unanswered = waiting === 0 ? '' : ` with ${waiting} requests unanswered`;
  const message = `The connection to ${addressText(address)} was lost${unanswered}: ${what}.`;
  return kafkaError(ErrorCode.NETWORK_EXCEPTION, message, { cause });
}

/** A request that was not answered in time. Retriable. */
export function unanswered(address: BrokerAddress, name: string, timeoutMs: number): KlammError {
  const message = `The broker ${addressText(address)} did not answer ${name} within ${timeoutMs} ms.`;
  return kafkaError(ErrorCode.REQUEST_TIMED_OUT, message);
}

/** An answer whose bytes make no sense. */
export function unreadable(
  address: BrokerAddress,
  name: string,
  version: number,
  cause: unknown,
): KlammError {
  const message = `The answer of ${addressText(address)} to ${name} v${version} cannot be read: ${messageOf(cause)}`;
  return kafkaError(ErrorCode.INVALID_REQUEST, message, { cause });
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);

/** Whether nobody was there at all. */
export function isUnreachable(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly code?: string } };
  return UNREACHABLE.has(cause?.code ?? '');
}

/** The usual errors of sockets without their codes. */
export function plainCause(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'the connection was refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host name is not known';
  if (code === 'ECONNRESET') return 'the broker reset it';
  return error.message !== '' ? error.message : (code ?? 'unknown error');
}
