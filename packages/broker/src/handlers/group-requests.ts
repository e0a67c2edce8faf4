// What the handlers of group requests have in common: who asks, and which group ids are none.

import type { RequestContext } from '../dispatch/context.ts';

/** Who a member is, as groups describe it. */
export interface Caller {
  readonly clientId: string;
  /** As Java writes an address: with a slash before it, and without the port. */
  readonly clientHost: string;
}

export function callerOf({ clientId, connection }: RequestContext): Caller {
  const { remoteAddress } = connection;
  const host = remoteAddress.slice(0, remoteAddress.lastIndexOf(':')).replace(/^::ffff:/, '');
  return { clientId: clientId ?? '', clientHost: `/${host}` };
}
