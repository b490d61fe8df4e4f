"""Decides what becomes of an order, whichever client brought it.

The ids of the orders that were handled are in memory, as long as the process
lives. The names are those of the contract,
examples/order-flow/payment-service/weir.yaml.
"""

import json
import time
import uuid
from datetime import datetime, timezone

GROUP = "payment-service"
ORDERS = "order.events"
RETRIES = "payment-service.order-placed.retry"
DEAD = "payment-service.order-placed.dlq"
PAYMENTS = "payment.events"

ORDER_PLACED = "com.acme.order.OrderPlaced"
PAYMENT_RECEIVED = "com.acme.payment.PaymentReceived"

ATTEMPTS = 3
BACKOFF = 0.2  # seconds; doubles
REFUSED = "cus-refused"  # a customer whose charges always fail

NEEDS = {"order_id": str, "customer_id": str, "currency": str, "total": int}


class Message:
    """A record of either client. Headers are a list of (name, bytes), and the
    timestamp is in milliseconds since 1970."""

    def __init__(self, topic, key, value, headers, timestamp=0):
        self.topic, self.key, self.value, self.headers = topic, key, value, list(headers or [])
        self.timestamp = timestamp

    def header(self, name):
        for key, value in reversed(self.headers):
            if key == name:
                return value.decode()
        return ""

    def rest(self):
        """Returns when a retry may be handled: after its backoff, from when it
        was published."""
        if self.topic != RETRIES:
            return
        wait = self.timestamp / 1000 + BACKOFF * 2 ** (self.attempt() - 2) - time.time()
        if wait > 0:
            time.sleep(min(wait, BACKOFF * 2 ** (ATTEMPTS - 2)))

    def attempt(self):
        return int(self.header("retry-attempt") or 1) if self.topic == RETRIES else 1

    def to(self, topic, more):
        """The record as it came, for another topic and with more headers."""
        kept = [(k, v) for k, v in self.headers if k not in more]
        return Message(topic, self.key, self.value, kept + [(k, v.encode()) for k, v in more.items()])


class Service:
    """Knows which orders it has handled."""

    def __init__(self):
        self.seen = set()

    def handle(self, m):
        """What is to be published for a record: a payment, a retry or a dead
        letter; None for another event and for an order that was handled."""
        event_id = m.header("ce_id")
        if m.header("ce_type") not in ("", ORDER_PLACED):
            return None
        if m.topic == ORDERS and event_id:
            if event_id in self.seen:
                return None
            self.seen.add(event_id)
        try:
            order = decode(m)
        except ValueError as why:
            return m.to(DEAD, {"dlq-reason": str(why)})
        if order["customer_id"] != REFUSED:
            return paid(m, order)
        following = m.attempt() + 1
        if following <= ATTEMPTS:
            return m.to(RETRIES, {"retry-attempt": str(following)})
        return m.to(DEAD, {"dlq-reason": f"customer {REFUSED} is refused"})

    def forget(self, m):
        """Takes back that a record was handled: what was published for it did
        not stay."""
        self.seen.discard(m.header("ce_id"))


def decode(m):
    if not m.header("ce_id"):
        raise ValueError("header ce_id is missing")
    if m.value is None:
        raise ValueError("the value is missing")
    order = json.loads(m.value)
    for name, kind in NEEDS.items():
        if not isinstance(order, dict) or not isinstance(order.get(name), kind):
            raise ValueError(f"{name} is no {kind.__name__}")
    return order


def paid(m, order):
    """The PaymentReceived of an order, with the same id however often it is
    made."""
    event_id = m.header("ce_id")
    payment = str(uuid.uuid5(uuid.NAMESPACE_OID, "payment/" + event_id))
    now = datetime.now(timezone.utc).isoformat()
    value = {
        "payment_id": payment,
        "order_id": order["order_id"],
        "customer_id": order["customer_id"],
        "amount": order["total"],
        "currency": order["currency"],
        "received_at": now,
    }
    headers = {
        "ce_specversion": "1.0",
        "ce_id": payment,
        "ce_type": PAYMENT_RECEIVED,
        "ce_source": "/acme/payment-service",
        "ce_time": now,
        "content-type": "application/json",
        "causation_id": event_id,
        "correlation_id": m.header("correlation_id") or event_id,
    }
    return Message(
        PAYMENTS, order["order_id"].encode(), json.dumps(value).encode(), [(k, v.encode()) for k, v in headers.items()]
    )
