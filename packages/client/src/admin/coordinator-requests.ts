// Asks the coordinator of a group, which is looked up for each call and asked again where it moves meanwhile.

import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import type { Cluster } from '../cluster.ts';
import { Coordinator } from '../coordinator.ts';
import { coordinatedGroup } from '../group/membership/group-errors.ts';
import type { RequestOptions } from '../network/connection.ts';

export type Ask = <Q extends Fields, R extends Fields>(
  api: Api<Q, R>,
  body: Encodable<Q>,
  options?: RequestOptions,
) => Promise<Decoded<R>>;

/** Calls `work` with a way to the group's coordinator, which ends with it. */
export async function withCoordinator<T>(
  cluster: Cluster,
  groupId: string,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  const coordinator = new Coordinator(cluster, coordinatedGroup(groupId));
  const never = new AbortController();
  try {
    return await work((api, body, options) => coordinator.request(api, body, never.signal, options));
  } finally {
    coordinator.release();
  }
}
