# What the programs of the soak that use confluent-kafka have in common.

import time

from confluent_kafka import KafkaException


class Notes:
    """Writes a line down at once: a letter, the time in ms, a text."""

    def __init__(self, path):
        self.file = open(path, "a", buffering=1, encoding="utf-8")

    def __call__(self, letter, text):
        self.file.write(f"{letter} {int(time.time() * 1000)} {text}\n")


class End(Exception):
    """What cannot be brought to an end in time."""


def name_of(cause):
    return f"{cause.args[0].name()} {cause.args[0].str()}"


def attempt(note, call, seconds=60):
    """Repeats a call of the transactional producer while librdkafka says that it may be repeated."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except KafkaException as cause:
            if not cause.args[0].retriable():
                raise
            note("E", name_of(cause))
            if time.monotonic() > deadline:
                raise End(name_of(cause)) from cause


def abort(note, producer):
    """
    Aborts the open transaction, once what was sent has been answered: librdkafka (2.16) gives the sequence number of a
    record that it purges on its way to be sent again to the next one, and where the first was stored all the same, the
    broker, Apache Kafka's too, takes the next for its duplicate.
    """
    producer.flush(10)
    attempt(note, lambda: producer.abort_transaction(10))
