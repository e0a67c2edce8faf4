// Klamm's client against Klamm's broker, in this process.

import { startBroker } from '@klamm/broker/broker';
import { clientSuite } from './client-suite.ts';

clientSuite('Klamm', false, () => startBroker({ port: 0 }));
