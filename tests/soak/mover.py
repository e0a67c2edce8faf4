# What mover.ts does, with confluent-kafka (librdkafka).
#
#   python3 mover.py BOOTSTRAP TRANSACTIONAL_ID INCARNATION FILE LEDGER LATEST PARTITIONS ACCOUNTS TIMEOUT_MS

import json
import random
import signal
import sys
import time

from confluent_kafka import KafkaError, KafkaException, Producer

from clerk import End, Notes, abort, attempt, name_of

bootstrap, transactional_id, incarnation, file, ledger, latest, partitions, accounts, timeout_ms = sys.argv[1:]
partitions, accounts = int(partitions), int(accounts)
draw = random.Random(int(incarnation))
note = Notes(file)
running = True


def stop(*_):
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
producer = Producer(
    {
        "bootstrap.servers": bootstrap,
        "client.id": transactional_id,
        "transactional.id": transactional_id,
        "transaction.timeout.ms": int(timeout_ms),
        "message.timeout.ms": int(timeout_ms),
        "linger.ms": 1,
        "reconnect.backoff.max.ms": 500,
    }
)


def entries_of(txn):
    of = 2 * (1 + draw.randrange(3))
    for pair in range(of // 2):
        source = draw.randrange(accounts)
        target = (source + 1 + draw.randrange(partitions - 1)) % accounts
        amount = 1 + draw.randrange(1000)
        yield {"txn": txn, "i": 2 * pair, "of": of, "account": source, "amount": -amount}
        yield {"txn": txn, "i": 2 * pair + 1, "of": of, "account": target, "amount": amount}


def write(entries):
    for entry in entries:
        value = json.dumps({**entry, "pad": "x" * draw.randrange(300)})
        for topic in (ledger, latest):
            key = str(entry["account"])
            producer.produce(topic, value, key, partition=entry["account"] % partitions)
        producer.poll(0)
        if draw.random() < 0.1:
            time.sleep(draw.random() * 0.1)
        if draw.random() < 0.1:
            producer.flush(1)


try:
    note("N", transactional_id)
    attempt(note, lambda: producer.init_transactions(10))
    note("I", transactional_id)
    count = 0
    while running:
        count += 1
        aborted = draw.random() < 0.2
        name = f"{transactional_id}.{incarnation}:{count}{'!' if aborted else ''}"
        producer.begin_transaction()
        note("B", name)
        try:
            write(entries_of(name))
            if not aborted:
                attempt(note, lambda: producer.commit_transaction(10))
                note("C", name)
        except KafkaException as cause:
            if cause.args[0].fatal():
                raise
            note("E", f"{name} {name_of(cause)}")
            aborted = True
        if aborted:
            abort(note, producer)
            note("A", name)
        time.sleep(draw.random() * 0.06)
    note("X", "closed")
except KafkaException as cause:
    note("X", name_of(cause) if cause.args[0].code() == KafkaError._FENCED else f"failed: {name_of(cause)}")
except End as cause:
    note("X", f"failed: {cause}")
