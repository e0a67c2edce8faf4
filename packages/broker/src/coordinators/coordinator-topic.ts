// A topic that keeps the state of a coordinator: which of its partitions has an id, and the runtime of each.
//
// On one node every partition is led here, so everything is coordinated here. The topic is created when somebody first
// needs the coordinator. An id belongs to the partition of its hash, as in Apache Kafka (Utils.abs of String.hashCode).

import { ErrorCode } from '@klamm/protocol/error-codes';
import type { TopicImage } from '../metadata/image.ts';
import type { Partition } from '../partitions/partition.ts';
import type { GroupRecord } from './group-record.ts';
import { javaHashOf } from './java-hash.ts';
import type { Machines, Runtime } from './runtime.ts';
import type { Respond, Step } from './step.ts';

export interface CoordinatorTopicOptions<M extends Machines<R>, R> {
  readonly name: string;
  readonly partitionOf: (topic: string, index: number) => Partition | undefined;
  /** Creates the topic where it is missing; an error code where that fails. */
  readonly createTopic: () => Promise<number>;
  readonly open: (partition: Partition) => Runtime<M, R>;
}

export class CoordinatorTopic<M extends Machines<R>, R = GroupRecord> {
  readonly name: string;
  readonly #options: CoordinatorTopicOptions<M, R>;
  readonly #runtimes: Runtime<M, R>[] = [];
  #creating: Promise<number> | undefined;
  #isClosed = false;

  constructor(options: CoordinatorTopicOptions<M, R>) {
    this.name = options.name;
    this.#options = options;
  }

  /** Serves the partitions from index `from` on. */
  partitionsAdded(topic: TopicImage, from: number): void {
    const { partitionOf, open } = this.#options;
    for (let index = from; index < topic.partitions.length; index++) {
      const partition = partitionOf(topic.name, index);
      if (partition !== undefined) this.#runtimes[index] = open(partition);
    }
  }

  removed(): void {
    for (const runtime of this.#runtimes.splice(0)) runtime.close();
  }

  /** Creates the topic where it is missing. The error code says why it could not. */
  async prepare(): Promise<number> {
    if (this.#runtimes.length > 0) return ErrorCode.NONE;
    this.#creating ??= this.#options.createTopic().finally(() => {
      this.#creating = undefined;
    });
    return this.#creating;
  }

  /** The partition that keeps an id; -1 where there is none yet. */
  partitionFor(id: string): number {
    return this.#runtimes.length === 0 ? -1 : javaHashOf(id) % this.#runtimes.length;
  }

  /** The runtime that keeps an id; undefined where there is none yet. */
  runtimeFor(id: string): Runtime<M, R> | undefined {
    return this.#runtimes[this.partitionFor(id)];
  }

  /** The runtime of a partition by its index. */
  runtimeAt(index: number): Runtime<M, R> | undefined {
    return this.#runtimes[index];
  }

  /** Has the machines of an id decide; see `Runtime.call`. */
  async call<Body>(
    id: string,
    decide: (machines: M, respond: Respond<Body>, now: number) => Step<R>,
    refused: (errorCode: number) => Body,
  ): Promise<Body> {
    if (this.#isClosed) return refused(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    if (this.#runtimes.length === 0) {
      const errorCode = await this.prepare();
      if (errorCode !== ErrorCode.NONE) return refused(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    }
    const runtime = this.runtimeFor(id);
    if (runtime === undefined) return refused(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    return runtime.call(decide, refused);
  }

  /** Has all machines do what nobody asked for. */
  runAll(decide: (machines: M, now: number) => Step<R>): void {
    for (const runtime of this.#runtimes) void runtime.run(decide);
  }

  /** The machines that keep an id, for looking only: undefined where none was ever kept, a number for an error. */
  async machinesFor(id: string): Promise<M | number | undefined> {
    const runtime = this.runtimeFor(id);
    if (runtime === undefined) return undefined;
    await runtime.loading;
    return runtime.machines ?? ErrorCode.COORDINATOR_NOT_AVAILABLE;
  }

  /** All machines, once they are loaded. */
  async allMachines(): Promise<M[]> {
    await Promise.all(this.#runtimes.map((runtime) => runtime.loading));
    return this.#runtimes.flatMap(({ machines }) => machines ?? []);
  }

  /** Whether the machines of every partition are there: none is being loaded, or cannot be. */
  get isWhole(): boolean {
    return this.#runtimes.every(({ machines }) => machines !== undefined);
  }

  /** Answers whoever waits. */
  close(): void {
    this.#isClosed = true;
    for (const runtime of this.#runtimes) runtime.close();
  }
}
