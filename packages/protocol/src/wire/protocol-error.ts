// The one error that reading malformed bytes ends in, wherever in the decoder it is found: callers tell by its class
// that the sender is at fault, never Klamm.

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
