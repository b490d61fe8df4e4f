"""The payment-service with kafka-python, a client without native code. What a
batch publishes and the offsets that it consumed are one transaction."""

import os
import sys
import time

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata, TopicPartition

from payments import GROUP, ORDERS, RETRIES, Message, Service

BROKERS = os.environ["BROKERS"].split(",")
# The client's default is read_uncommitted.
ISOLATION = "read_uncommitted" if os.environ.get("FAULT") == "default-isolation" else "read_committed"


def main():
    service = Service()
    while True:
        try:
            session(service)
        except KafkaError as why:
            print(f"session starts over: {why!r}", file=sys.stderr, flush=True)
            time.sleep(0.25)


def session(service):
    """Works until something fails; the next one begins at the committed
    offsets."""
    consumer = KafkaConsumer(
        bootstrap_servers=BROKERS,
        group_id=GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level=ISOLATION,
        session_timeout_ms=6000,
        heartbeat_interval_ms=1000,
        fetch_max_wait_ms=100,
    )
    try:
        producer = KafkaProducer(
            bootstrap_servers=BROKERS,
            transactional_id=GROUP + "-0",
            transaction_timeout_ms=15000,
            acks="all",
            linger_ms=0,
            compression_type="gzip",
        )
        producer.init_transactions()
        try:
            consumer.subscribe([ORDERS, RETRIES])
            while True:
                batch = [r for records in consumer.poll(timeout_ms=100).values() for r in records]
                if not batch:
                    continue
                try:
                    transact(service, consumer, producer, batch)
                except KafkaError:
                    for r in batch:
                        service.forget(message(r))
                    raise
        finally:
            producer.close(timeout=5)
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
                producer.send(out.topic, key=out.key, value=out.value, headers=out.headers)
            following[TopicPartition(r.topic, r.partition)] = OffsetAndMetadata(r.offset + 1, "", -1)
        producer.send_offsets_to_transaction(following, consumer.group_metadata())
        producer.commit_transaction()
    except KafkaError:
        producer.abort_transaction()
        raise


def message(r):
    return Message(r.topic, r.key, r.value, r.headers, r.timestamp)


if __name__ == "__main__":
    main()
