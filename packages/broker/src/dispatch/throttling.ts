// Quotas at the door: counts a request when it is answered, tells the client for how long to stay away, and has its
// connection not read from for as long (KIP-219: the answer goes out first).

import { quotaClientOf } from '../quotas/quota-client.ts';
import type { RequestContext } from './context.ts';

const PRODUCE = 0;
const NANOS_PER_PERCENT_SECOND = 1e7;
/** A login is no use of the broker that a user could be asked to account for: the user is not known yet. */
const EXEMPT: ReadonlySet<number> = new Set([17, 36]);

interface Spent {
  /** Of the request, with its header. */
  readonly requestBytes: number;
  /** Time that the broker's thread has worked on it, in ns. */
  readonly nanos: number;
}

/** The answer with the time to stay away, which its sender's connection is made to keep. */
export function throttled(context: RequestContext, apiKey: number, answer: unknown, spent: Spent): unknown {
  const { quotas } = context.broker;
  if (EXEMPT.has(apiKey)) return answer;
  const client = quotaClientOf(context);
  const told = (answer as { readonly throttleTimeMs?: number } | null)?.throttleTimeMs ?? 0;
  const forBytes = apiKey === PRODUCE ? quotas.use('producer_byte_rate', client, spent.requestBytes) : 0;
  const percent = spent.nanos / NANOS_PER_PERCENT_SECOND;
  const forTime = quotas.measuresTime ? quotas.use('request_percentage', client, percent) : 0;
  const throttleTimeMs = Math.max(told, forBytes, forTime);
  if (throttleTimeMs === 0) return answer;
  context.connection.mute(throttleTimeMs);
  return answer === null ? null : { ...(answer as object), throttleTimeMs };
}
