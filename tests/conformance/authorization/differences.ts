// Where Klamm answers otherwise than Apache Kafka, and means to.

import type { Row } from './row.ts';

interface Difference {
  readonly why: string;
  isIt(row: Row, theirs: string, ours: string): boolean;
}

const REFUSED_WITH_A_ROW = '{"errorCode":31,"results":[{"user":"","errorCode":31}]}';

export const DIFFERENCES: readonly Difference[] = [
  {
    why: 'A member of a consumer group is told its assignment at once, where Apache Kafka tells it with the next heartbeat.',
    isIt: ({ api }, theirs, ours) =>
      api.name === 'ConsumerGroupHeartbeat' && theirs === ours.replace(/,"assignment":.*(?=\}$)/, ''),
  },
  {
    why: 'An ACL of a kind that cannot be is an invalid request; Apache Kafka fails over it (UNKNOWN_SERVER_ERROR).',
    isIt: ({ api, title }, theirs, ours) =>
      api.name === 'CreateAcls' && title.includes('wrong') && theirs === ours.replace('42', '-1'),
  },
  {
    why: 'Klamm has no listener for controllers, and tells of none.',
    isIt: ({ api }, theirs, ours) =>
      api.name === 'DescribeQuorum' && theirs.replace(/,"nodes":.*\](?=\}$)/, '') === ours,
  },
  {
    why: 'Who may not describe users is told so once; Apache Kafka adds a row for a user without a name.',
    isIt: ({ api }, theirs, ours) =>
      api.name === 'DescribeUserScramCredentials' &&
      theirs === REFUSED_WITH_A_ROW &&
      ours === '{"errorCode":31}',
  },
];
