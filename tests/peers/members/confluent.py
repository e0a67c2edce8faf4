# A member of a group with confluent-kafka (librdkafka), until SIGTERM: prints each message before it is committed.
#
#   python3 confluent.py BOOTSTRAP GROUP TOPIC [NAME=VALUE ...]      further arguments are librdkafka's settings

import json
import signal
import sys

from confluent_kafka import Consumer

bootstrap, group, topic, *settings = sys.argv[1:]
config = {
    "bootstrap.servers": bootstrap,
    "group.id": group,
    "auto.offset.reset": "earliest",
    "auto.commit.interval.ms": 1000,
    **dict(setting.split("=", 1) for setting in settings),
}
if config.get("group.protocol") != "consumer":
    config.setdefault("session.timeout.ms", 6000)
    config.setdefault("heartbeat.interval.ms", 1000)
running = True


def stop(*_):
    global running
    running = False


def tell(event, partitions):
    print(json.dumps({"event": event, "partitions": [each.partition for each in partitions]}), flush=True)


signal.signal(signal.SIGTERM, stop)
consumer = Consumer(config)
consumer.subscribe(
    [topic],
    on_assign=lambda _, partitions: tell("assigned", partitions),
    on_revoke=lambda _, partitions: tell("revoked", partitions),
)
while running:
    message = consumer.poll(0.1)
    if message is None:
        continue
    if message.error():
        print(message.error(), file=sys.stderr)
        continue
    print(json.dumps({"event": "message", "partition": message.partition(), "offset": message.offset()}), flush=True)
consumer.close()
