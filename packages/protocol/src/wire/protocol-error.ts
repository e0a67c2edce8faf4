import { KlammError } from '@klamm/base/errors';

/**
 * Bytes that are not what their place in the protocol says they are: too short, a length that lies, a value
 * out of range. Kafka answers such a request by closing the connection.
 */
export class ProtocolError extends KlammError {
  constructor(message: string) {
    super(message, { code: 'INVALID_REQUEST', errorCode: 42, retriable: false });
    this.name = 'ProtocolError';
  }
}
