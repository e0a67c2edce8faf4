// What the client says where the cluster, a topic or the way there is not to be had.

import { KlammError } from '@klamm/base/errors';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';

export function closedError(): KlammError {
  return new KlammError('The client was closed.', { code: 'CLOSED', retriable: false });
}

export function putOut(broker: string): KlammError {
  return kafkaError(
    ErrorCode.NETWORK_EXCEPTION,
    `The broker ${broker} does not answer, and the cluster does not count on it any more.`,
  );
}

export function topicError(name: string, code: number, autoCreate: boolean): KlammError {
  switch (code) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
      return kafkaError(
        code,
        `The topic "${name}" does not exist${autoCreate ? ', and the broker does not create it by itself' : ''}; create it with admin.createTopic().`,
      );
    case ErrorCode.INVALID_TOPIC_EXCEPTION:
      return kafkaError(
        code,
        `"${name}" is not a topic name: 1 to 249 letters, digits, dots, underscores and dashes are, "." and ".." are not.`,
      );
    case ErrorCode.TOPIC_AUTHORIZATION_FAILED:
      return kafkaError(code, `This client may not see or use the topic "${name}".`);
    default:
      return kafkaError(code, `The topic "${name}" cannot be used: ${kafkaError(code).message}`);
  }
}
