// A user of a broker, logged in by SASL PLAIN, that sends requests as they are given. A broker that closes the
// connection is asked again by a new one, and what it did is part of the answer.

import assert from 'node:assert/strict';
import { RawClient } from '@klamm/broker/testing/raw-client';
import { SaslHandshake } from '@klamm/protocol/api/17-sasl-handshake';
import { SaslAuthenticate } from '@klamm/protocol/api/36-sasl-authenticate';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import { type PrincipalName, passwordOf } from './cast.ts';

export class Session implements Disposable {
  readonly #port: number;
  readonly #principal: PrincipalName;
  #client: RawClient | undefined;

  constructor(port: number, principal: PrincipalName) {
    this.#port = port;
    this.#principal = principal;
  }

  /** The answer; undefined where the broker closed the connection instead. */
  async ask<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    version: number,
    body: Encodable<Q>,
  ): Promise<Decoded<R> | undefined> {
    const client = await this.#connected();
    try {
      return await client.request(api, version, body);
    } catch (error) {
      if (!client.isClosed && !(error as Error).message.includes('closed')) throw error;
      this.#client = undefined;
      return undefined;
    }
  }

  /** As `ask`, where there must be an answer. */
  async request<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    version: number,
    body: Encodable<Q>,
  ): Promise<Decoded<R>> {
    const answer = await this.ask(api, version, body);
    assert.ok(answer, `${api.name} v${version} is answered`);
    return answer;
  }

  async #connected(): Promise<RawClient> {
    if (this.#client !== undefined && !this.#client.isClosed) return this.#client;
    const client = await RawClient.open('127.0.0.1', this.#port);
    await client.request(SaslHandshake, 1, { mechanism: 'PLAIN' });
    const authBytes = Buffer.from(`\0${this.#principal}\0${passwordOf(this.#principal)}`);
    const { errorCode } = await client.request(SaslAuthenticate, 2, { authBytes });
    assert.equal(errorCode, 0, `${this.#principal} logs in`);
    this.#client = client;
    return client;
  }

  [Symbol.dispose](): void {
    this.#client?.close();
  }
}
