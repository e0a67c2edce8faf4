// InitProducerId v0 to v6. Behavior: gives an idempotent producer an id that no other ever had; one that names an id
// of its own gets the next epoch of it (KIP-360). Ids are taken from the metadata log in blocks (KIP-730).
// Version notes: transactional ids (all versions) are not implemented.

import { InitProducerId } from '@klamm/protocol/api/22-init-producer-id';
import { ErrorCode } from '@klamm/protocol/error-codes';
import { ProducerIdsRecord } from '@klamm/protocol/stored/metadata';
import { encodeMetadata } from '@klamm/protocol/stored/metadata-frame';
import type { BrokerRooms } from '../dispatch/context.ts';
import { defineHandler } from '../dispatch/handler.ts';

/** Ids in a block (ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE). */
const BLOCK = 1000;
const EPOCH_MAX = 0x7fff - 1;

interface Block {
  next: number;
  end: number;
  pending: Promise<void> | undefined;
}

const blocks = new WeakMap<BrokerRooms, Block>();

export const initProducerId = defineHandler(InitProducerId, {
  async handle({ broker }, request) {
    const { transactionalId, producerId, producerEpoch } = request;
    if (transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST };
    if (transactionalId !== null) {
      // The response has no place for a message, so the reason is told to the broker's log.
      broker.logger.warn(
        `Producer "${transactionalId}" asks for transactions, which this version of Klamm does not have.`,
      );
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION };
    }
    if (producerId >= 0 && producerEpoch >= 0 && producerEpoch < EPOCH_MAX) {
      return { producerId, producerEpoch: producerEpoch + 1 };
    }
    return { producerId: await nextProducerId(broker), producerEpoch: 0 };
  },
  onError: (_request, errorCode) => ({ errorCode }),
});

async function nextProducerId(broker: BrokerRooms): Promise<number> {
  const block = blocks.get(broker) ?? { next: 0, end: 0, pending: undefined };
  blocks.set(broker, block);
  while (block.next >= block.end) {
    block.pending ??= takeBlock(broker, block).finally(() => {
      block.pending = undefined;
    });
    await block.pending;
  }
  return block.next++;
}

async function takeBlock({ catalog }: BrokerRooms, block: Block): Promise<void> {
  const first = await catalog.change(({ nextProducerId: next }) => ({
    records: [
      encodeMetadata(ProducerIdsRecord, {
        brokerId: catalog.nodeId,
        brokerEpoch: catalog.brokerEpoch,
        nextProducerId: next + BLOCK,
      }),
    ],
    result: next,
  }));
  block.next = first;
  block.end = first + BLOCK;
}
