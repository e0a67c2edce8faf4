// From a frame to its handler, and from the handler's answer to bytes.
//
// A request that cannot be read at all ends the connection, as in Kafka: what follows it could not be trusted. One
// whose handler fails is answered with an error code, and told to the log with its cause.

import { KlammError, messageOf } from '@klamm/base/errors';
import { ErrorCode, errorMeaning } from '@klamm/protocol/error-codes';
import { codecOf } from '@klamm/protocol/schema/compile';
import type { Encodable, Fields } from '@klamm/protocol/schema/fields';
import { isFlexible } from '@klamm/protocol/schema/message';
import { readClientId, readRequestStart, writeResponseHeader } from '@klamm/protocol/wire/headers';
import { ProtocolError } from '@klamm/protocol/wire/protocol-error';
import { Reader } from '@klamm/protocol/wire/reader';
import { Writer } from '@klamm/protocol/wire/writer';
import type { ClientConnection } from '../listeners/connection.ts';
import type { ReplySlot } from '../listeners/replies.ts';
import { authorizedOnCluster } from './authorized.ts';
import type { BrokerRooms, RequestContext } from './context.ts';
import type { Handler } from './handler.ts';
import { throttled } from './throttling.ts';

const API_VERSIONS = 18;

export class Dispatcher {
  readonly #broker: BrokerRooms;
  readonly #handlers: readonly (Handler | undefined)[];

  constructor(broker: BrokerRooms, handlers: readonly Handler[]) {
    this.#broker = broker;
    const byKey: Handler[] = [];
    for (const handler of handlers) byKey[handler.api.key] = handler;
    this.#handlers = byKey;
  }

  /** Throws ProtocolError where the frame is no request this broker can read. */
  dispatch(connection: ClientConnection, frame: Buffer, slot: ReplySlot): void {
    const reader = new Reader(frame);
    const { apiKey, apiVersion, correlationId } = readRequestStart(reader);
    const handler = this.#handlers[apiKey];
    if (handler === undefined)
      throw new ProtocolError(`The client asks for API ${apiKey}, which this broker does not have.`);
    const { api } = handler;
    const [first, last] = api.versions;
    if (apiVersion < first || apiVersion > last) {
      if (apiKey !== API_VERSIONS) {
        throw new ProtocolError(
          `The client asks for ${api.name} v${apiVersion}; this broker has v${first} to v${last}.`,
        );
      }
      // KIP-511: a client that guessed too high reads version 0 and finds what there is.
      const answer = handler.onError({}, ErrorCode.UNSUPPORTED_VERSION, '');
      slot.send(
        this.#encode(handler, 0, correlationId, {
          ...(answer as Encodable<Fields>),
          apiKeys: this.#broker.supportedApis,
        } as Encodable<Fields>),
      );
      return;
    }
    const clientId = readClientId(reader, isFlexible(api, apiVersion));
    const request = codecOf(api.request, apiVersion).decode(reader);
    const context: RequestContext = {
      broker: this.#broker,
      connection,
      apiName: api.name,
      apiVersion,
      clientId,
    };
    const { quotas } = this.#broker;
    const { isActive } = quotas;
    const begin = isActive && quotas.measuresTime ? process.hrtime.bigint() : undefined;
    let nanos = 0;
    const reply = (own: unknown): void => {
      const answer = isActive ? throttled(context, apiKey, own, { requestBytes: frame.length, nanos }) : own;
      if (answer === null) slot.skip();
      else slot.send(this.#encode(handler, apiVersion, correlationId, answer as Encodable<Fields>));
    };
    const fail = (error: unknown): void => {
      const errorCode = error instanceof KlammError ? error.errorCode : ErrorCode.UNKNOWN_SERVER_ERROR;
      if (errorCode === ErrorCode.UNKNOWN_SERVER_ERROR) {
        this.#broker.logger.error(`${api.name} v${apiVersion} failed: ${messageOf(error)}`, {
          stack: error instanceof Error ? (error.stack ?? '') : '',
        });
      }
      reply(handler.onError(request, errorCode, messageOf(error)));
    };
    const { clusterOperation } = handler;
    if (clusterOperation !== undefined && !authorizedOnCluster(context, clusterOperation)) {
      const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
      reply(handler.onError(request, errorCode, errorMeaning(errorCode)));
      return;
    }
    try {
      const answer = handler.handle(context, request);
      if (begin !== undefined) nanos = Number(process.hrtime.bigint() - begin);
      if (answer instanceof Promise) answer.then(reply).catch(fail);
      else reply(answer);
    } catch (error) {
      fail(error);
    }
  }

  #encode(
    handler: Handler,
    apiVersion: number,
    correlationId: number,
    answer: Encodable<Fields>,
  ): readonly Buffer[] {
    const { api } = handler;
    const writer = new Writer(256);
    writer.int32(0);
    writeResponseHeader(writer, correlationId, isFlexible(api, apiVersion) && api.key !== API_VERSIONS);
    codecOf(api.response, apiVersion).encode(writer, answer);
    writer.buffer.writeInt32BE(writer.length - 4, 0);
    return writer.segments();
  }
}
