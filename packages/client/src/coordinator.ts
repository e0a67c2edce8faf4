// The way to the broker that coordinates a group, or the transactions of a producer: found once, remembered until it
// proves wrong, found again.
//
// Each use has a connection of its own, as brokers answer the requests of one connection in turn: neither a JoinGroup
// that waits for the whole group nor a slow commit may keep a heartbeat waiting. Kafka: FindCoordinator,
// AbstractCoordinator, TransactionManager.

import { sleep } from '@klamm/base/clock';
import { KlammError } from '@klamm/base/errors';
import { FindCoordinator } from '@klamm/protocol/api/10-find-coordinator';
import { ErrorCode, kafkaError } from '@klamm/protocol/error-codes';
import type { Decoded, Encodable, Fields } from '@klamm/protocol/schema/fields';
import type { Api } from '@klamm/protocol/schema/message';
import type { Cluster } from './cluster.ts';
import { addressText, type BrokerAddress } from './network/address.ts';
import { backOffMs } from './network/back-off.ts';
import type { Connection, RequestOptions } from './network/connection.ts';

type Use = 'join' | 'heartbeat' | 'request';
const USES: readonly Use[] = ['join', 'heartbeat', 'request'];

/** What is coordinated. */
export interface Coordinated {
  /** Id of a group, or a transactional id. */
  readonly key: string;
  /** Kafka's CoordinatorType: a group (0) or transactions (1). */
  readonly keyType: 0 | 1;
  /** What is connected as soon as the coordinator is found. */
  readonly warmed: readonly Use[];
  /** The error where brokers refuse with this code, and said why. */
  readonly errorOf: (code: number, said?: string | null) => KlammError;
}

export class Coordinator {
  readonly #cluster: Cluster;
  readonly #of: Coordinated;
  readonly #onFound: (text: string) => void;
  readonly #purpose: string;
  #address: BrokerAddress | undefined;
  #searching: Promise<BrokerAddress> | undefined;
  #lastText = '';
  #isReleased = false;

  /** @param onFound called with its name for people when it is found, where it is another than before */
  constructor(cluster: Cluster, of: Coordinated, onFound: (text: string) => void = () => {}) {
    this.#cluster = cluster;
    this.#of = of;
    this.#onFound = onFound;
    this.#purpose = cluster.newPurpose('coordinator');
  }

  /** Throws KlammError; a retriable one where another attempt may do. */
  async connect(use: Use): Promise<Connection> {
    const address = this.#address ?? (await this.#search());
    // A connection that is opened now would be nobody's.
    if (this.#isReleased) throw releasedError();
    try {
      return await this.#cluster.pool.connect(address, `${this.#purpose}-${use}`);
    } catch (cause) {
      this.forget(address);
      throw cause;
    }
  }

  /** Says that the broker at `address` is not the coordinator, or cannot be reached. */
  forget(address: BrokerAddress): void {
    if (this.#address !== undefined && addressText(this.#address) === addressText(address)) {
      this.#address = undefined;
      // Whoever named it may not have heard yet.
      this.#cluster.passOver();
    }
  }

  /** Closes its connections, for good. */
  release(): void {
    this.#isReleased = true;
    for (const use of USES) this.#cluster.pool.release(`${this.#purpose}-${use}`);
  }

  /** Asks until it is answered without coordinator trouble, or retryTimeoutMs is over. See Membership.request. */
  async request<Q extends Fields, R extends Fields>(
    api: Api<Q, R>,
    body: Encodable<Q>,
    signal: AbortSignal,
    options?: RequestOptions,
  ): Promise<Decoded<R>> {
    const { clock, backOff, random, retryTimeoutMs } = this.#cluster.settings;
    const deadline = clock.monotonic() + retryTimeoutMs;
    for (let failures = 1; ; failures++) {
      signal.throwIfAborted();
      const wait = backOffMs(backOff, failures, random);
      const isLast = clock.monotonic() + wait > deadline;
      let connection: Connection | undefined;
      try {
        connection = await this.connect('request');
        const answer = await connection.request(api, body, options);
        const code = troubleOf(answer);
        if (code === 0) return answer;
        if (code !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) this.forget(connection.address);
        if (isLast) throw this.#of.errorOf(code);
      } catch (cause) {
        if (connection !== undefined && !connection.isOpen) this.forget(connection.address);
        if (isLast || !(cause instanceof KlammError) || !cause.retriable) throw cause;
      }
      await sleep(clock, wait, signal);
    }
  }

  /** One search for all who need it. */
  #search(): Promise<BrokerAddress> {
    this.#searching ??= this.#find().finally(() => {
      this.#searching = undefined;
    });
    return this.#searching;
  }

  async #find(): Promise<BrokerAddress> {
    const { key, keyType } = this.#of;
    const body = { key, keyType, coordinatorKeys: [key] };
    const answer = await this.#cluster.ask(FindCoordinator, body, { retry: false });
    const { nodeId, host, port, errorCode, errorMessage } = answer.coordinators[0] ?? answer;
    if (errorCode !== 0) throw this.#of.errorOf(errorCode, errorMessage);
    if (host === '' || port <= 0) {
      throw kafkaError(
        ErrorCode.COORDINATOR_NOT_AVAILABLE,
        `The brokers name no coordinator for "${key}" at the moment.`,
      );
    }
    this.#address = { host, port };
    const text = `broker ${nodeId} at ${addressText(this.#address)}`;
    if (text !== this.#lastText) this.#onFound(text);
    this.#lastText = text;
    this.#warm(this.#address);
    return this.#address;
  }

  /** Opens what every member needs side by side; whoever needs one that fails is told then. */
  #warm(address: BrokerAddress): void {
    if (this.#isReleased) return;
    for (const use of this.#of.warmed) {
      this.#cluster.pool.connect(address, `${this.#purpose}-${use}`).catch(() => {});
    }
  }
}

function releasedError(): KlammError {
  return new KlammError('It was closed.', { code: 'CLOSED', retriable: false });
}

/** The first code in an answer that says that its sender is not, or not yet, the coordinator; 0 where there is none. */
function troubleOf(answer: unknown): number {
  if (typeof answer !== 'object' || answer === null) return 0;
  if (Buffer.isBuffer(answer)) return 0;
  for (const [name, value] of Object.entries(answer)) {
    const code = name.endsWith('rrorCode') && isCoordinatorTrouble(value) ? value : troubleOf(value);
    if (code !== 0) return code;
  }
  return 0;
}

function isCoordinatorTrouble(code: unknown): code is number {
  return (
    code === ErrorCode.NOT_COORDINATOR ||
    code === ErrorCode.COORDINATOR_NOT_AVAILABLE ||
    code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
  );
}
