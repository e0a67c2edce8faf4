// Writes pieces to the target: batches of many partitions in one Produce request, several requests out at a time over
// each lane, and markers where the source has a hole.
//
// A broker works on the requests of one connection in turn, so a partition keeps to one lane and its batches stay in
// order. Each batch has the sequence that follows the one before, so a broker takes it at this place or not at all;
// the offset it answers is compared with the one that was meant. A marker has no sequence: it is written while nothing
// else of its partition is out, and nothing follows before it is answered. Whatever goes otherwise than meant puts the
// partition in doubt, and its end is read anew.

import type { KlammError } from '@klamm/base/errors';
import type { Connection } from '@klamm/client/network/connection';
import type { RawClient } from '@klamm/client/raw/raw-client';
import { type RawProduced, rawProduce, rawWriteMarkers } from '@klamm/client/raw/raw-produce';
import { errorMeaning, kafkaError } from '@klamm/protocol/error-codes';
import { patchBatch } from './batch-patch.ts';
import type { MirroredPartition } from './partition.ts';
import { type BatchPiece, endOf, type HolePiece } from './pieces.ts';
import { RateLimit } from './rate-limit.ts';
import type { CopySettings } from './settings.ts';
import { asKlamm } from './source-reader.ts';
import { SEQUENCE_MAX } from './target-end.ts';

export interface WriterOwner {
  /** Something was written, so there is room. */
  written(partition: MirroredPartition): void;
  /** It is not known any more where the partition ends, or it was refused. */
  doubted(partition: MirroredPartition, error: KlammError): void;
  /** Whether a hole is passed over instead of filled. */
  isSkipped(partition: MirroredPartition, hole: HolePiece): boolean;
  /** Writes down that the source goes on behind the hole at the target's end. */
  skip(partition: MirroredPartition, hole: HolePiece): Promise<void>;
  /** Everything out was answered. */
  settled(partition: MirroredPartition): void;
}

interface Lane {
  readonly node: number;
  readonly name: string;
  readonly ready: Set<MirroredPartition>;
  connection: Connection | undefined;
  isConnecting: boolean;
  isScheduled: boolean;
  inFlight: number;
}

interface Shipment {
  readonly partition: MirroredPartition;
  readonly piece: BatchPiece;
  readonly run: number;
  readonly target: number;
}

/** As many batches of a producer a broker knows again (ProducerStateEntry). */
const BATCHES_IN_FLIGHT = 5;
const REQUESTS_IN_FLIGHT = 5;
const MARKERS_AT_ONCE = 1000;

export class TargetWriter {
  readonly #client: RawClient;
  readonly #settings: CopySettings;
  readonly #owner: WriterOwner;
  readonly #limit: RateLimit;
  readonly #names: readonly string[];
  readonly #lanes = new Map<string, Lane>();
  readonly #filling = new Set<MirroredPartition>();
  #isClosed = false;

  constructor(client: RawClient, settings: CopySettings, owner: WriterOwner) {
    this.#client = client;
    this.#settings = settings;
    this.#owner = owner;
    this.#limit = new RateLimit(settings.clock, settings.bytesPerSecond);
    this.#names = Array.from({ length: settings.lanes }, () => client.newLane('mirror-produce'));
  }

  /** Says that the partition has pieces. */
  wake(partition: MirroredPartition): void {
    const lane = this.#laneOf(partition);
    lane.ready.add(partition);
    this.#schedule(lane);
  }

  close(): void {
    this.#isClosed = true;
    for (const name of this.#names) this.#client.releaseLane(name);
  }

  #laneOf({ targetLeader: node, index, topic }: MirroredPartition): Lane {
    const name = this.#names[(index + topic.length) % this.#names.length] as string;
    const key = `${node}/${name}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = {
        node,
        name,
        ready: new Set(),
        connection: undefined,
        isConnecting: false,
        isScheduled: false,
        inFlight: 0,
      };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** Once all that comes in this turn of the event loop is there: one request for many partitions. */
  #schedule(lane: Lane, delayMs = 0): void {
    if (lane.isScheduled || this.#isClosed) return;
    lane.isScheduled = true;
    const pump = (): void => {
      lane.isScheduled = false;
      this.#pump(lane);
    };
    if (delayMs > 0) this.#settings.clock.after(delayMs, pump, true);
    else queueMicrotask(pump);
  }

  #pump(lane: Lane): void {
    if (this.#isClosed) return;
    if (lane.connection?.isOpen !== true) {
      void this.#connect(lane);
      return;
    }
    while (lane.inFlight < REQUESTS_IN_FLIGHT) {
      const waitMs = this.#limit.waitMs;
      if (waitMs > 0) {
        this.#schedule(lane, waitMs);
        return;
      }
      const shipments = this.#gather(lane, lane.connection);
      if (shipments.length === 0) return;
      void this.#send(lane, lane.connection, shipments);
    }
  }

  async #connect(lane: Lane): Promise<void> {
    if (lane.isConnecting) return;
    lane.isConnecting = true;
    try {
      lane.connection = await this.#client.connect(lane.node, lane.name);
    } catch (cause) {
      const waiting = [...lane.ready];
      lane.ready.clear();
      for (const partition of waiting) this.#owner.doubted(partition, asKlamm(cause));
      return;
    } finally {
      lane.isConnecting = false;
    }
    this.#pump(lane);
  }

  /** The next batch of each partition that may send one; holes at the front are begun with. */
  #gather(lane: Lane, connection: Connection): Shipment[] {
    const shipments: Shipment[] = [];
    let bytes = 0;
    for (const partition of [...lane.ready]) {
      const [piece] = partition.pieces;
      if (partition.phase !== 'copying' || partition.targetLeader !== lane.node || piece === undefined) {
        lane.ready.delete(partition);
      } else if (this.#filling.has(partition)) {
        // It goes on when the markers are answered.
      } else if (piece.kind === 'hole') {
        if (partition.inFlight === 0) void this.#fill(lane, connection, partition, piece);
      } else if (partition.inFlight < BATCHES_IN_FLIGHT) {
        if (bytes > 0 && bytes + piece.records.length > this.#settings.requestBytes) break;
        const shipment = this.#ship(partition, piece);
        if (shipment === undefined) continue;
        bytes += piece.records.length;
        shipments.push(shipment);
        // Behind the others, who were not in this request.
        lane.ready.delete(partition);
        lane.ready.add(partition);
      }
    }
    this.#limit.spend(bytes);
    return shipments;
  }

  #ship(partition: MirroredPartition, piece: BatchPiece): Shipment | undefined {
    const { sender, nextSequence, nextTarget: target, run } = partition;
    if (nextSequence + piece.count > SEQUENCE_MAX) {
      // A new producer id is taken where nothing is out.
      if (partition.inFlight === 0) this.#owner.doubted(partition, usedUp(partition));
      return undefined;
    }
    patchBatch(piece.records, 0, sender, nextSequence);
    partition.pieces.shift();
    partition.nextSequence += piece.count;
    partition.nextTarget += piece.count;
    partition.inFlight++;
    return { partition, piece, run, target };
  }

  async #send(lane: Lane, connection: Connection, shipments: readonly Shipment[]): Promise<void> {
    lane.inFlight++;
    let answers: RawProduced[] | KlammError;
    try {
      answers = await rawProduce(
        connection,
        shipments.map(({ partition: { topic, index, targetTopicId }, piece }) => ({
          topic,
          index,
          topicId: targetTopicId,
          records: piece.records,
        })),
        this.#settings.requestTimeoutMs,
      );
    } catch (cause) {
      answers = asKlamm(cause);
    }
    lane.inFlight--;
    shipments.forEach((shipment, i) => {
      shipment.partition.inFlight--;
      if (Array.isArray(answers)) this.#answered(shipment, answers[i]);
      else this.#doubt(shipment.partition, shipment.run, answers);
      this.#settle(shipment.partition);
    });
    this.#pump(lane);
  }

  #answered({ partition, piece, run, target }: Shipment, answer: RawProduced | undefined): void {
    if (run !== partition.run) return;
    const code = answer?.errorCode ?? -1;
    if (code !== 0) {
      const said = answer?.errorMessage || errorMeaning(code);
      const error = kafkaError(
        code,
        `${partition.name} of the target did not take a batch of ${piece.records.length} bytes at offset ${target}: ${said}`,
      );
      this.#doubt(partition, run, error);
      return;
    }
    if (answer?.baseOffset !== target) {
      const found = answer?.baseOffset;
      this.#doubt(partition, run, misplaced(partition, target, found));
      return;
    }
    partition.heldBytes -= piece.records.length;
    partition.failures = 0;
    partition.copiedTo = endOf(piece);
    partition.targetEnd = target + piece.count;
    partition.copiedBytes += piece.records.length;
    partition.copiedRecords += piece.count;
    this.#owner.written(partition);
  }

  async #fill(
    lane: Lane,
    connection: Connection,
    partition: MirroredPartition,
    hole: HolePiece,
  ): Promise<void> {
    const { run } = partition;
    this.#filling.add(partition);
    partition.inFlight++;
    try {
      if (this.#owner.isSkipped(partition, hole)) {
        await this.#owner.skip(partition, hole);
        if (run === partition.run) this.#passed(partition, hole);
      } else await this.#mark(connection, partition, hole);
    } catch (cause) {
      this.#doubt(partition, run, asKlamm(cause));
    }
    partition.inFlight--;
    this.#filling.delete(partition);
    this.#settle(partition);
    if (run === partition.run && partition.phase === 'copying') {
      this.#owner.written(partition);
      lane.ready.add(partition);
    }
    this.#pump(lane);
  }

  async #mark(connection: Connection, partition: MirroredPartition, hole: HolePiece): Promise<void> {
    const { topic, index, sender, run, nextSequence } = partition;
    const count = Math.min(hole.count, MARKERS_AT_ONCE);
    const commits = new Set(hole.commits);
    const committed = Array.from({ length: count }, (_, i) => commits.has(hole.offset + i));
    const markers = { topic, index, ...sender, coordinatorEpoch: nextSequence, committed };
    const code = await rawWriteMarkers(connection, markers, this.#settings.requestTimeoutMs);
    if (run !== partition.run) return;
    if (code !== 0) {
      throw kafkaError(
        code,
        `${partition.name} of the target took no markers at offset ${partition.nextTarget}: ${errorMeaning(code)}`,
      );
    }
    partition.nextTarget += count;
    partition.targetEnd = partition.nextTarget;
    partition.fillers += count;
    this.#passed(partition, { ...hole, count });
  }

  /** The first offsets of the hole at the front are done with. */
  #passed(partition: MirroredPartition, done: HolePiece): void {
    const hole = partition.pieces[0] as HolePiece;
    const end = endOf(done);
    partition.copiedTo = end;
    if (end === endOf(hole)) partition.pieces.shift();
    else partition.pieces[0] = { ...hole, offset: end, count: endOf(hole) - end };
  }

  #doubt(partition: MirroredPartition, run: number, error: KlammError): void {
    if (run === partition.run) this.#owner.doubted(partition, error);
  }

  #settle(partition: MirroredPartition): void {
    if (partition.inFlight === 0) this.#owner.settled(partition);
  }
}

function usedUp({ name, sender }: MirroredPartition): KlammError {
  return kafkaError(-1, `The sequences of producer ${sender.producerId} in ${name} are used up.`);
}

function misplaced({ name }: MirroredPartition, meant: number, found: number | undefined): KlammError {
  return kafkaError(
    -1,
    `A batch that was meant for offset ${meant} of ${name} is at ${found}: somebody else writes to the partition.`,
  );
}
