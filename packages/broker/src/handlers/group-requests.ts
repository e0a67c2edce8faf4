// What the handlers of group requests have in common: who asks, and which group ids are none.

import { hostOf } from '../auth/authorizer/subject.ts';
import { sees } from '../dispatch/authorized.ts';
import type { RequestContext } from '../dispatch/context.ts';
import { AclResource, Operation } from '../metadata/acl.ts';

/** Who a member is, as groups describe it. */
export interface Caller {
  readonly clientId: string;
  /** As Java writes an address: with a slash before it, and without the port. */
  readonly clientHost: string;
  /** Which topics a pattern of its may find. */
  mayDescribe(topic: string): boolean;
}

export function callerOf(context: RequestContext): Caller {
  return {
    clientId: context.clientId ?? '',
    clientHost: `/${hostOf(context.connection.remoteAddress)}`,
    mayDescribe: (topic) => sees(context, Operation.describe, AclResource.topic, topic),
  };
}

/** Whether the cluster has the protocol of consumer groups (KIP-848); a level of a feature says so. */
export const hasConsumerProtocol = ({ broker }: RequestContext): boolean =>
  (broker.catalog.image.features.get('group.version') ?? 0) > 0;
