// A handler answers one API in all its versions. Adding one takes a message file in protocol/api and a file here
// under handlers with the same number; ApiVersions advertises what the table of handlers holds.

import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import type { RequestContext } from './context.ts';

/** An answer; null where the client wants none (acks=0). */
export type Answer<R extends Fields> = Encodable<R> | null;

export interface HandlerOf<Q extends Fields, R extends Fields> {
  /**
   * Versions to advertise, where they differ from those of the messages: Produce advertises 0 to 2, which it does not
   * answer, for the sake of old librdkafka (KIP-896).
   */
  readonly advertised?: readonly [first: number, last: number];
  /** What whoever asks must be allowed to do to the cluster (`Operation`), whatever the request says. */
  readonly clusterOperation?: number;
  /**
   * Answers a request. All before the first await runs before the next request of the same connection is read.
   */
  handle(context: RequestContext, request: Decoded<Q>): Answer<R> | Promise<Answer<R>>;
  /** The answer to a request that could not be handled at all. */
  onError(request: Decoded<Q>, errorCode: number, message: string): Encodable<R>;
}

export interface Handler {
  readonly api: Api;
  readonly advertised: readonly [first: number, last: number];
  readonly clusterOperation?: number;
  handle(context: RequestContext, request: unknown): unknown;
  onError(request: unknown, errorCode: number, message: string): unknown;
}

export function defineHandler<Q extends Fields, R extends Fields>(
  api: Api<Q, R>,
  handler: HandlerOf<Q, R>,
): Handler {
  // The dispatcher decodes a request by the handler's own API, so the types meet.
  return {
    ...(handler as unknown as Handler),
    api: api as unknown as Api,
    advertised: handler.advertised ?? api.versions,
  };
}
