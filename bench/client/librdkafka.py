# librdkafka by confluent-kafka, with its defaults but acks=all and idempotence: workloads of workload.ts, printed the same way.

import json
import resource
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition

workload, bootstrap, topic, count, size = sys.argv[1:4] + [int(each) for each in sys.argv[4:6]]
value = b"k" * size
lost = []


def told(error, _):
    if error is not None:
        lost.append(error)


def usage():
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime, own.ru_maxrss * 1024 / 1e6


def produce(producer, in_flight):
    """At most so many are on their way, and a quarter of them comes at a time."""
    chunk = in_flight // 4
    for _ in range(count // chunk):
        while len(producer) > in_flight - chunk:
            producer.poll(0.01)
        for _ in range(chunk):
            producer.produce(topic, value, partition=0, on_delivery=told)
    producer.flush()


def batches(producer, records):
    for _ in range(count // records):
        for _ in range(records):
            producer.produce(topic, value, partition=0, on_delivery=told)
        producer.flush()


def consume(consumer):
    seen = 0
    while seen < count:
        seen += len(consumer.consume(num_messages=1000, timeout=1))


if workload.startswith("consume"):
    # Without a group, whose beginning would be measured.
    client = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench", "enable.auto.commit": False})
    client.assign([TopicPartition(topic, 0, 0)])
    work = lambda: consume(client)
else:
    client = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    client.produce(topic, value, partition=0)
    client.flush()
    kinds = {
        "100 awaited in flight": lambda: produce(client, 100),
        "batches of 100": lambda: batches(client, 100),
        "batches of 1000": lambda: batches(client, 1000),
        "4 x 1000 in flight": lambda: produce(client, 4000),
    }
    work = kinds[workload]
cpu_before, _ = usage()
start = time.monotonic()
work()
seconds = time.monotonic() - start
cpu, peak = usage()
if lost:
    sys.exit(f"{len(lost)} records were not delivered: {lost[0]}")
print(json.dumps({"msg/s": count / seconds, "CPU s per million": (cpu - cpu_before) * 1e6 / count, "peak MB": peak}))
