// Klamm's transactional producer on Klamm's broker, in this process, and on a real Apache Kafka.

import { startBroker } from '@klamm/broker/broker';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import { getJava } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import { transactionsSuite } from './transactions-suite.ts';

const java = await usePeer(getJava);

transactionsSuite('Klamm', false, () => startBroker({ port: 0 }));
transactionsSuite('Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get()));
// The protocol of before KIP-890: partitions and offsets are added beforehand, and epochs last.
transactionsSuite(
  'Apache Kafka 4.3.1 with transaction.version 0',
  java.skip,
  () => startApacheKafka(java.get(), { features: { 'transaction.version': 0 } }),
  'PRODUCER_FENCED',
);
