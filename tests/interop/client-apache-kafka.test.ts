// Klamm's client against a real Apache Kafka. A machine without Java skips it, saying so.

import { startApacheKafka } from '../peers/apache-kafka.ts';
import { getJava } from '../peers/java.ts';
import { usePeer } from '../peers/peers.ts';
import { clientSuite } from './client-suite.ts';

const java = await usePeer(getJava);

clientSuite('Apache Kafka 4.3.1', java.skip, () => startApacheKafka(java.get()));
