# What copier.ts does, with confluent-kafka (librdkafka).
#
#   python3 copier.py BOOTSTRAP TRANSACTIONAL_ID INCARNATION FILE LEDGER COPY GROUP TIMEOUT_MS [NAME=VALUE ...]
#
# The last are settings of the consumer.

import faulthandler
import os
import random
import signal
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from clerk import End, Notes, abort, attempt, name_of

bootstrap, transactional_id, incarnation, file, ledger, copy, group, timeout_ms, *settings = sys.argv[1:]
draw = random.Random(int(incarnation))
note = Notes(file)
running = True
HANGING_SECONDS = 25


def stop(*_):
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
common = {"bootstrap.servers": bootstrap, "client.id": transactional_id, "reconnect.backoff.max.ms": 500}
producer = Producer(
    {
        **common,
        "transactional.id": transactional_id,
        "transaction.timeout.ms": int(timeout_ms),
        "message.timeout.ms": int(timeout_ms),
        "linger.ms": 1,
    }
)
consumer = Consumer(
    {
        **common,
        "group.id": group,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        **dict(setting.split("=", 1) for setting in settings),
    }
)


def copy_batch(messages):
    """Copies them, and commits up to where they end; or goes back to where they begin."""
    begins, ends = {}, {}
    for message in messages:
        begins.setdefault(message.partition(), message.offset())
        ends[message.partition()] = message.offset() + 1
    producer.begin_transaction()
    try:
        for message in messages:
            producer.produce(copy, message.value(), message.key(), partition=message.partition())
        offsets = [TopicPartition(ledger, partition, offset) for partition, offset in ends.items()]
        member = consumer.consumer_group_metadata()
        attempt(note, lambda: producer.send_offsets_to_transaction(offsets, member, 10))
        if draw.random() >= 0.1:
            attempt(note, lambda: producer.commit_transaction(10))
            note("C", " ".join(f"{partition} {begins[partition]}-{end - 1}" for partition, end in ends.items()))
            return
    except KafkaException as cause:
        if cause.args[0].fatal():
            raise
        note("E", name_of(cause))
    abort(note, producer)
    assigned = {each.partition for each in consumer.assignment()}
    for partition, offset in begins.items():
        if partition in assigned:
            consumer.seek(TopicPartition(ledger, partition, offset))


try:
    note("N", transactional_id)
    attempt(note, lambda: producer.init_transactions(10))
    note("I", transactional_id)
    consumer.subscribe([ledger])
    while running:
        # After a loss of the broker, send_offsets_to_transaction may wait for ever, whatever its timeout (librdkafka's
        # issue 5456). Whoever comes after such a copier aborts its transaction.
        faulthandler.dump_traceback_later(HANGING_SECONDS, exit=True)
        messages = consumer.consume(50, 0.1)
        for error in {each.error().name() for each in messages if each.error()}:
            note("E", error)
        good = [each for each in messages if not each.error()]
        if good:
            copy_batch(good)
    consumer.close()
    note("X", "closed")
except KafkaException as cause:
    note("X", name_of(cause) if cause.args[0].code() == KafkaError._FENCED else f"failed: {name_of(cause)}")
except End as cause:
    note("X", f"failed: {cause}")
# Without it the consumer of a fenced copier is destroyed unclosed, which can hang and go on sending heartbeats.
os._exit(0)
