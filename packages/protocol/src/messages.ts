// Every message Klamm has a schema for: requests, responses, stored records, control records, group protocol data.
// For what goes over all of them, tests and scripts/check-schema; whoever wants one message imports its own file.

import { apis } from './api/index.ts';
import { ConsumerProtocolAssignment } from './groups/assignment.ts';
import { ConsumerProtocolSubscription } from './groups/subscription.ts';
import type { Message } from './schema/message.ts';
import {
  KRaftVersionRecord,
  LeaderChangeMessage,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from './stored/control.ts';
import { groupRecords } from './stored/group.ts';
import { metadataRecords } from './stored/metadata.ts';
import { ProducerSnapshot } from './stored/producer-snapshot.ts';
import { shareRecords } from './stored/share.ts';
import { transactionRecords } from './stored/transaction.ts';

export const messages: readonly Message[] = [
  ...apis.flatMap((api) => [api.request, api.response]),
  ...[groupRecords, transactionRecords, shareRecords].flatMap((table) =>
    Object.values<{ key: Message; value: Message }>(table).flatMap(({ key, value }) => [key, value]),
  ),
  ...Object.values<Message>(metadataRecords),
  LeaderChangeMessage,
  SnapshotHeaderRecord,
  SnapshotFooterRecord,
  KRaftVersionRecord,
  VotersRecord,
  ProducerSnapshot,
  ConsumerProtocolSubscription,
  ConsumerProtocolAssignment,
];
