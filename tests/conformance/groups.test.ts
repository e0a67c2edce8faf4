// Group members of other people's clients: Sarama, franz-go, KafkaJS, @platformatic/kafka, librdkafka by kcat and by
// confluent-kafka, and Java's console consumer, in the classic and in the consumer protocol.

import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Broker } from '../peers/broker.ts';
import { getConfluent } from '../peers/confluent.ts';
import { getGo } from '../peers/go.ts';
import { getJava } from '../peers/java.ts';
import { getKcat } from '../peers/kcat.ts';
import { startKlamm } from '../peers/klamm.ts';
import { usePeer } from '../peers/peers.ts';
import { type RunningProgram, startProgram } from '../peers/program.ts';
import { type GroupUnderTest, liveAsGroup } from './group-suite.ts';

const [go, kcat, java, confluent] = await Promise.all([
  usePeer(getGo),
  usePeer(getKcat),
  usePeer(getJava),
  usePeer(getConfluent),
]);
const memberFile = (name: string): string =>
  fileURLToPath(new URL(`../peers/members/${name}`, import.meta.url));

// Members wait for each other most of the time; more at once would only make a small machine slow.
suite('groups', { concurrency: 4 }, () => {
  let broker: Broker;
  before(async () => {
    broker = await startKlamm({
      settings: {
        'group.initial.rebalance.delay.ms': '0',
        'group.consumer.session.timeout.ms': '6000',
        'group.consumer.heartbeat.interval.ms': '1000',
        ...(process.env.KLAMM_TEST_BOOTSTRAP === undefined
          ? {}
          : {
              'group.consumer.min.session.timeout.ms': '6000',
              'group.consumer.min.heartbeat.interval.ms': '1000',
            }),
      },
    });
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  function group(
    name: string,
    skip: string | false,
    start: (bootstrap: string, ...place: Parameters<GroupUnderTest['start']>) => RunningProgram,
    sessionTimeoutMs = 6_000,
  ): void {
    test(`${name}: shares, hands over, goes on where it was`, { skip }, async (t) => {
      const { bootstrap } = broker;
      const named = name.replaceAll(/[^a-z0-9-]+/gi, '-');
      await liveAsGroup(t, {
        bootstrap,
        name: named,
        sessionTimeoutMs,
        start: (...place) => start(bootstrap, ...place),
      });
    });
  }

  const sarama =
    (...flags: string[]) =>
    (bootstrap: string, groupId: string, topic: string) =>
      go
        .get()
        .start('sarama-group-consumer', [
          '-brokers',
          bootstrap,
          '-group',
          groupId,
          '-topic',
          topic,
          ...flags,
        ]);
  group('Sarama, marks committed from time to time', go.skip, sarama());
  group('Sarama, each message committed', go.skip, sarama('-manual', '-version', '4.0.0'));
  // What the programs of "Kafka in practice" ask for: 5000 is a duration in nanoseconds.
  group('Sarama, marks committed without a pause', go.skip, sarama('-commit-every', '5us'), 0);

  const franz =
    (...flags: string[]) =>
    (bootstrap: string, groupId: string, topic: string) =>
      go
        .get()
        .start('franz-group-consumer', ['-brokers', bootstrap, '-group', groupId, '-topic', topic, ...flags]);
  group('franz-go, cooperative', go.skip, franz());
  group('franz-go, range', go.skip, franz('-balancer', 'range'), 0);
  group('franz-go, consumer protocol', go.skip, franz('-next'));

  group('KafkaJS', false, (bootstrap, groupId, topic) =>
    startProgram(process.execPath, [memberFile('kafkajs.ts'), bootstrap, groupId, topic]),
  );
  for (const protocol of ['classic', 'consumer']) {
    group(`platformatic, ${protocol} protocol`, false, (bootstrap, groupId, topic) =>
      startProgram(process.execPath, [memberFile('platformatic.ts'), bootstrap, groupId, topic, protocol]),
    );
  }

  group('kcat', kcat.skip, (bootstrap, groupId, topic) => {
    kcat.get();
    const settings = ['auto.offset.reset=earliest', 'session.timeout.ms=6000', 'heartbeat.interval.ms=1000'];
    const flags = settings.flatMap((setting) => ['-X', setting]);
    return startProgram('kcat', [
      '-b',
      bootstrap,
      '-G',
      groupId,
      '-u',
      '-f',
      'message %p %o\\n',
      ...flags,
      topic,
    ]);
  });

  const rdkafka =
    (settings: (index: number) => readonly string[]) =>
    (bootstrap: string, groupId: string, topic: string, index: number) =>
      confluent.get().start(memberFile('confluent.py'), [bootstrap, groupId, topic, ...settings(index)]);
  for (const assignor of ['range', 'roundrobin', 'cooperative-sticky']) {
    group(
      `confluent-kafka, ${assignor}`,
      confluent.skip,
      rdkafka(() => [`partition.assignment.strategy=${assignor}`]),
      0,
    );
  }
  group(
    'confluent-kafka, consumer protocol',
    confluent.skip,
    rdkafka(() => ['group.protocol=consumer']),
  );
  group(
    'confluent-kafka, some members classic and some consumer',
    confluent.skip,
    rdkafka((index) =>
      index % 2 === 0 ? ['partition.assignment.strategy=range'] : ['group.protocol=consumer'],
    ),
    0,
  );

  for (const protocol of ['classic', 'consumer']) {
    group(
      `Java's console consumer, ${protocol} protocol`,
      java.skip,
      (bootstrap, groupId, topic) =>
        java
          .get()
          .start('org.apache.kafka.tools.consumer.ConsoleConsumer', [
            ...['--bootstrap-server', bootstrap, '--topic', topic, '--group', groupId, '--from-beginning'],
            ...['--command-property', `group.protocol=${protocol}`],
            ...['--formatter-property', 'print.partition=true', '--formatter-property', 'print.offset=true'],
          ]),
      0,
    );
  }
});
