// ListGroups v0 to v5. Behavior: all groups of this node; v4 filters by state (KIP-518), v5 by type (KIP-848), both
// whatever the case of the letters.

import { ListGroups } from '@klamm/protocol/api/16-list-groups';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { defineHandler } from '../dispatch/handler.ts';

export const listGroups = defineHandler(ListGroups, {
  async handle({ broker }, request) {
    const states = filter(request.statesFilter);
    const types = filter(request.typesFilter);
    const groups = (await broker.groups.shards()).flatMap((shard) => shard.list());
    return {
      errorCode: ErrorCode.NONE,
      groups: groups.filter(({ groupState, groupType }) => states(groupState) && types(groupType)),
    };
  },
  onError: (_request, errorCode) => ({ errorCode, groups: [] }),
});

function filter(wanted: readonly string[]): (value: string) => boolean {
  const names = new Set(wanted.map((name) => name.toLowerCase()));
  return (value) => names.size === 0 || names.has(value.toLowerCase());
}
