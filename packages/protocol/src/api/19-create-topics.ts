// CreateTopics. Kafka 4 begins with v2 (KIP-896). v0 and v1 stay readable for programs that fill in Sarama's request by
// hand and so send v0; brokers advertise v2 to v7.

import {
  array,
  boolean,
  int8,
  int16,
  int32,
  nullable,
  since,
  string,
  tagged,
  uuid,
} from '../schema/fields.ts';
import { api } from '../schema/message.ts';

export const CreateTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [0, 7],
  flexibleFrom: 5,
  request: {
    topics: array({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array({
        partitionIndex: int32(),
        brokerIds: array(int32()),
      }),
      configs: array({
        name: string(),
        value: nullable(string()),
      }),
    }),
    timeoutMs: int32(60000),
    validateOnly: since(1, boolean()),
  },
  response: {
    throttleTimeMs: since(2, int32()),
    topics: array({
      name: string(),
      topicId: since(7, uuid()),
      errorCode: int16(),
      errorMessage: since(1, nullable(string())),
      topicConfigErrorCode: tagged(0, 5, int16()),
      numPartitions: since(5, int32(-1)),
      replicationFactor: since(5, int16(-1)),
      configs: since(
        5,
        nullable(
          array({
            name: string(),
            value: nullable(string()),
            readOnly: boolean(),
            configSource: int8(-1),
            isSensitive: boolean(),
          }),
        ),
      ),
    }),
  },
});
