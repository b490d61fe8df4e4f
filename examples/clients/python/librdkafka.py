"""The payment-service with confluent-kafka, librdkafka for Python. What a
batch publishes and the offsets that it consumed are one transaction."""

import os
import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from payments import GROUP, ORDERS, RETRIES, Message, Service

BROKERS = os.environ["BROKERS"]
PROTOCOL = os.environ.get("GROUP_PROTOCOL", "classic")
MAX_BATCH = 500


def main():
    service = Service()
    while True:
        try:
            session(service)
        except KafkaException as why:
            print(f"session starts over: {why}", file=sys.stderr, flush=True)
            time.sleep(0.25)


def session(service):
    """Works until something fails; the next one begins at the committed
    offsets."""
    subscription = {
        "bootstrap.servers": BROKERS,
        "group.id": GROUP,
        "group.protocol": PROTOCOL,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
    }
    if PROTOCOL == "classic":  # else the brokers decide
        subscription |= {"session.timeout.ms": 6000, "heartbeat.interval.ms": 1000}
    consumer = Consumer(subscription)
    config = {
        "bootstrap.servers": BROKERS,
        "transactional.id": GROUP + "-0",
        "transaction.timeout.ms": 15000,
        "linger.ms": 0,
        "compression.type": "lz4",
        "partitioner": "murmur2_random",
    }
    if os.environ.get("FAULT") == "default-partitioner":
        del config["partitioner"]  # consistent_random: CRC32
    try:
        producer = Producer(config)
        producer.init_transactions()
        consumer.subscribe([ORDERS, RETRIES])
        while True:
            first = consumer.poll(0.1)
            if first is None:
                continue
            batch = [first] + consumer.consume(MAX_BATCH - 1, timeout=0)
            batch = [r for r in batch if r.error() is None]
            try:
                transact(service, consumer, producer, batch)
            except KafkaException:
                for r in batch:
                    service.forget(message(r))
                raise
    finally:
        consumer.close()


def transact(service, consumer, producer, batch):
    producer.begin_transaction()
    try:
        following = {}
        for r in batch:
            m = message(r)
            m.rest()
            out = service.handle(m)
            if out is not None:
                producer.produce(out.topic, key=out.key, value=out.value, headers=out.headers)
            following[r.topic(), r.partition()] = r.offset() + 1
        offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in following.items()]
        producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata())
        producer.commit_transaction()
    except KafkaException:
        producer.abort_transaction(5)
        raise


def message(r):
    return Message(r.topic(), r.key(), r.value(), r.headers(), r.timestamp()[1])


if __name__ == "__main__":
    main()
