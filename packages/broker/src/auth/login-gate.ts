// Stands before the dispatcher on a listener with SASL: lets nobody by who has not logged in, but for the requests of
// the login itself. What is not understood ends the connection, with one line in the log.

import { ProtocolError } from '@klamm/protocol/wire/protocol-error';
import type { ClientConnection, FrameHandler } from '../listeners/connection.ts';
import type { ReplySlot } from '../listeners/replies.ts';
import type { Login } from './login.ts';

const SASL_HANDSHAKE = 17;
const API_VERSIONS = 18;
const SASL_AUTHENTICATE = 36;
/** Key, version and correlation id: no request is shorter. */
const REQUEST_BYTES_MIN = 8;

/** Wraps `dispatch`: the requests of a connection that has a login pass by the state of it. */
export function loginGate(dispatch: FrameHandler): FrameHandler {
  return (connection, frame, slot) => {
    const { login } = connection;
    if (login === undefined) return dispatch(connection, frame, slot);
    // Its refusal is on its way, and the end of the connection behind it.
    if (login.state === 'out') return slot.skip();
    if (login.state === 'raw') return raw(connection, login, frame, slot);
    const problem = frame.length < REQUEST_BYTES_MIN ? 'bytes that are no request' : problemOf(login, frame);
    if (problem !== undefined) throw new ProtocolError(`The client sent ${problem}.`);
    dispatch(connection, frame, slot);
    return login.busy;
  };
}

/** What must not be asked in this state. */
function problemOf(login: Login, frame: Buffer): string | undefined {
  const apiKey = frame.readInt16BE(0);
  switch (login.state) {
    case 'in':
      return login.isExpired && apiKey !== SASL_HANDSHAKE
        ? `API ${apiKey} after its login had expired (connections.max.reauth.ms)`
        : undefined;
    case 'tokens':
      return apiKey === SASL_AUTHENTICATE ? undefined : `API ${apiKey} in the middle of a login`;
    default:
      return apiKey === SASL_HANDSHAKE || apiKey === API_VERSIONS
        ? undefined
        : `API ${apiKey} before it had logged in; this listener asks for SASL`;
  }
}

/** A token without a request around it, as clients send them after a handshake of version 0. */
function raw(connection: ClientConnection, login: Login, frame: Buffer, slot: ReplySlot): Promise<void> {
  return login.authenticate(frame).then(({ errorCode, authBytes }) => {
    if (errorCode !== 0) {
      // There is no way to say so.
      slot.skip();
      connection.close();
      return;
    }
    connection.principal = login.principal;
    const length = Buffer.alloc(4);
    length.writeInt32BE(authBytes.length);
    slot.send([length, authBytes]);
  });
}
