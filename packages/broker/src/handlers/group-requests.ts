// What the handlers of group requests have in common: who asks, and which group ids are none.

import type { RequestContext } from '../dispatch/context.ts';

/** Who a member is, as groups describe it. */
export interface Caller {
  readonly clientId: string;
  /** As Java writes an address: with a slash before it. */
  readonly clientHost: string;
}

export function callerOf({ clientId, connection }: RequestContext): Caller {
  return { clientId: clientId ?? '', clientHost: `/${connection.remoteAddress}` };
}
