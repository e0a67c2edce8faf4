# A transactional producer with confluent-kafka (librdkafka) that does what the lines of its standard input say (see
# producer.ts), until that ends.
#
#   python3 confluent.py BOOTSTRAP TRANSACTIONAL_ID TIMEOUT_MS

import json
import sys

from confluent_kafka import Consumer, KafkaException, Producer

WAIT_S = 30

bootstrap, transactional_id, timeout_ms = sys.argv[1:]
producer = Producer({
    "bootstrap.servers": bootstrap,
    "transactional.id": transactional_id,
    "transaction.timeout.ms": int(timeout_ms),
    "message.timeout.ms": int(timeout_ms),
    "linger.ms": 0,
})
consumer = None


def delivered(error, _):
    if error is not None:
        raise KafkaException(error)


def send(topic, partition, values):
    for value in values:
        producer.produce(topic, value, partition=partition, on_delivery=delivered)
    producer.flush(WAIT_S)


def copy(command):
    """Reads as a member of the group, and sends what it read with the offsets."""
    global consumer
    consumer = Consumer({
        "bootstrap.servers": bootstrap,
        "group.id": command["group"],
        "group.protocol": "consumer",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
    })
    consumer.subscribe([command["from"]])
    messages = consumer.consume(command["count"], WAIT_S)
    if len(messages) < command["count"]:
        raise RuntimeError(f"read {len(messages)} messages of {command['count']}")
    for message in messages:
        if message.error():
            raise KafkaException(message.error())
    send(command["topic"], 0, [message.value() for message in messages])
    producer.send_offsets_to_transaction(
        consumer.position(consumer.assignment()), consumer.consumer_group_metadata(), WAIT_S
    )


def leave_group():
    global consumer
    if consumer is not None:
        consumer.close()
    consumer = None


def obey(command):
    match command["do"]:
        case "begin":
            producer.begin_transaction()
        case "send":
            send(command["topic"], command["partition"], command["values"])
        case "copy":
            copy(command)
        case "commit":
            producer.commit_transaction(WAIT_S)
            leave_group()
        case "abort":
            producer.abort_transaction(WAIT_S)
            leave_group()


producer.init_transactions(WAIT_S)
print(json.dumps({"event": "ready"}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    answer = {"event": "answer"}
    try:
        obey(command)
    except (KafkaException, RuntimeError) as error:
        answer["error"] = str(error)
    print(json.dumps({**answer, "id": command["id"]}), flush=True)
leave_group()
