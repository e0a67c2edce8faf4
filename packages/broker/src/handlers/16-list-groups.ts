// ListGroups v0 to v5. Behavior: all groups of this node; v4 filters by state (KIP-518), v5 by type (KIP-848), both
// whatever the case of the letters.

import { ListGroups } from '@klamm/protocol/api/16-list-groups';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { sees } from '../dispatch/authorized.ts';
import { defineHandler } from '../dispatch/handler.ts';
import { AclResource, CLUSTER_NAME, Operation } from '../metadata/acl.ts';

export const listGroups = defineHandler(ListGroups, {
  async handle(context, request) {
    const states = filter(request.statesFilter);
    const types = filter(request.typesFilter);
    const groups = (await context.broker.groups.shards()).flatMap((shard) => shard.list());
    const wanted = groups.filter(({ groupState, groupType }) => states(groupState) && types(groupType));
    const seesAll = sees(context, Operation.describe, AclResource.cluster, CLUSTER_NAME);
    const isSeen = ({ groupId }: { readonly groupId: string }): boolean =>
      sees(context, Operation.describe, AclResource.group, groupId);
    return { errorCode: ErrorCode.NONE, groups: seesAll ? wanted : wanted.filter(isSeen) };
  },
  onError: (_request, errorCode) => ({ errorCode, groups: [] }),
});

function filter(wanted: readonly string[]): (value: string) => boolean {
  const names = new Set(wanted.map((name) => name.toLowerCase()));
  return (value) => names.size === 0 || names.has(value.toLowerCase());
}
