// A broker for a suite whose tests hold against any: started before them, stopped after them, with a client of it.

import { after, before } from 'node:test';
import { must } from '@klamm/base/assert';
import { Kafka } from '@klamm/client/client';

export interface Target extends AsyncDisposable {
  readonly bootstrap: string;
}

/** Called within a suite. `kafka` and `bootstrap` are there once its tests run. */
export function useTarget(start: () => Promise<Target>): {
  readonly kafka: Kafka;
  readonly bootstrap: string;
} {
  let broker: Target | undefined;
  let kafka: Kafka | undefined;
  before(async () => {
    broker = await start();
    kafka = new Kafka({ brokers: broker.bootstrap });
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });
  return {
    get kafka() {
      return must(kafka, 'the suite has not begun');
    },
    get bootstrap() {
      return must(broker, 'the suite has not begun').bootstrap;
    },
  };
}
