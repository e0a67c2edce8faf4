# librdkafka by confluent-kafka, as clients.ts says.

import json
import sys
import threading
import time

from confluent_kafka import Producer

bootstrap, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
last = [time.monotonic()] * count
longest = [0.0] * count
failed = 0
ending = threading.Event()


def told(error, message):
    global failed
    if error is not None:
        failed += 1
        return
    now, partition = time.monotonic(), message.partition()
    longest[partition] = max(longest[partition], now - last[partition])
    last[partition] = now


def milliseconds(seconds):
    return [round(each * 1000) for each in seconds]


threading.Thread(target=lambda: (sys.stdin.readline(), ending.set()), daemon=True).start()
turn = 0
while not ending.is_set():
    for partition in range(count):
        producer.produce(topic, b"k" * 100, partition=partition, on_delivery=told)
    if turn % 20 == 0:
        now = time.monotonic()
        print(json.dumps({"ages": milliseconds(now - each for each in last)}), flush=True)
    turn += 1
    producer.poll(0)
    time.sleep(0.01)
print(json.dumps({"longest": milliseconds(longest), "failed": failed}), flush=True)
