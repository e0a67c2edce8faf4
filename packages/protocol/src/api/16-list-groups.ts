// Lists the groups that this broker coordinates, of all types. Version notes: v4 filters by state (KIP-518), v5 by
// type (KIP-848).

import { array, int16, int32, since, string } from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const ListGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    /** Names of states to list groups in; none for all (KIP-518). */
    statesFilter: since(4, array(string())),
    /** Names of group types to list; none for all (KIP-848). */
    typesFilter: since(5, array(string())),
  },
  response: {
    /** How long the client is to stay away, ms, because it went over a quota; 0 for not at all. */
    throttleTimeMs: since(1, int32()),
    /** Kafka's error number (see error-codes.ts); 0 is success. */
    errorCode: int16(),
    /** The groups found. */
    groups: array({
      /** Id of the group. */
      groupId: string(),
      /** Class of group protocols: "consumer" for consumers, "connect" for Connect workers. */
      protocolType: string(),
      /** State of the group by name. */
      groupState: since(4, string()),
      /** Type of the group by name: "classic", "consumer", "share" or "streams". */
      groupType: since(5, string()),
    }),
  },
});
