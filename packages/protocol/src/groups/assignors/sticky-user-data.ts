// What the sticky assignors keep in `userData` of a subscription, byte for byte as Java's: `sticky` the last
// assignment with its generation (which its first version lacks), `cooperative-sticky` the generation alone. Damaged
// bytes count as none: the rebalance is less sticky then, but it goes on.

import { codecOf } from '../../schema/compile.ts';
import { array, int32, since, string } from '../../schema/fields.ts';
import { message } from '../../schema/message.ts';
import { ProtocolError } from '../../wire/protocol-error.ts';
import { Reader } from '../../wire/reader.ts';
import { Writer } from '../../wire/writer.ts';
import { groupByTopic, listPartitions, type TopicPartition } from '../topic-partition.ts';
import type { AssignorMember, MemberHistory } from './assignor.ts';

const StickyUserData = message({
  name: 'StickyUserData',
  versions: [0, 1],
  fields: {
    /** What the member was given last, topic by topic. */
    previousAssignment: array({
      /** Name of the topic. */
      topic: string(),
      /** The partitions concerned, within their topic. */
      partitions: array(int32()),
    }),
    /** Generation it was given that in. */
    generation: since(1, int32(-1)),
  },
});

/** Partitions a member says it has, and since which generation; -1 where that is not known. */
export interface Claim {
  readonly partitions: readonly TopicPartition[];
  readonly generation: number;
}

const NO_CLAIM: Claim = { partitions: [], generation: -1 };

export function encodeStickyUserData({ lastAssignment, generation }: MemberHistory): Buffer | null {
  if (lastAssignment === null) return null;
  const writer = new Writer(256);
  const previousAssignment = groupByTopic(lastAssignment);
  codecOf(StickyUserData, 1).encode(writer, { previousAssignment, generation });
  return writer.toBuffer();
}

export function encodeGeneration({ generation }: MemberHistory): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(generation);
  return bytes;
}

/** What a member of `sticky` had: it has given it back, and tells of it in its user data. */
export function claimOfUserData({ subscription: { userData } }: AssignorMember): Claim {
  if (userData === null || userData.length === 0) return NO_CLAIM;
  for (const version of [1, 0]) {
    try {
      const { previousAssignment, generation } = codecOf(StickyUserData, version).decode(
        new Reader(userData),
      );
      return { partitions: listPartitions(previousAssignment), generation };
    } catch (cause) {
      if (!(cause instanceof ProtocolError)) throw cause;
    }
  }
  return NO_CLAIM;
}

/** What a member of `cooperative-sticky` holds. Its generation is in the user data where the subscription is too old. */
export function claimOfOwned({ subscription }: AssignorMember): Claim {
  const { ownedPartitions, generationId, userData } = subscription;
  const generation =
    generationId < 0 && userData !== null && userData.length >= 4 ? userData.readInt32BE(0) : generationId;
  return { partitions: listPartitions(ownedPartitions), generation };
}
