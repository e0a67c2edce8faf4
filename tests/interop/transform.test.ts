// Klamm's transform on Klamm's broker, in this process, and on a real Apache Kafka.

import { startBroker } from '@klamm/broker/broker';
import { startApacheKafka } from '../peers/apache-kafka.ts';
import { getJava } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import { transformSuite } from './transform-suite.ts';

const java = await usePeer(getJava);
/** Apache Kafka looks for transactions that take too long every 10 s, unless told. */
const SETTINGS = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200' };

transformSuite('Klamm', false, () => startBroker({ port: 0 }));
transformSuite('Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get(), { settings: SETTINGS }));
