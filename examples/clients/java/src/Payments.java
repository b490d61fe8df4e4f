import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Decides what becomes of an order. The ids of the orders that were handled are in memory, as long
 * as the process lives. The names are those of the contract,
 * examples/order-flow/payment-service/weir.yaml.
 */
final class Payments {
  static final String GROUP = "payment-service";
  static final String ORDERS = "order.events";
  static final String RETRIES = "payment-service.order-placed.retry";
  private static final String DEAD = "payment-service.order-placed.dlq";
  private static final String PAYMENTS = "payment.events";
  private static final String ORDER_PLACED = "com.acme.order.OrderPlaced";
  private static final int ATTEMPTS = 3;
  private static final long BACKOFF_MS = 200; // doubles

  private final ObjectMapper json = new ObjectMapper();
  private final Set<String> seen = new HashSet<>();

  /** What is to be published for a record; null for another event and for one that was handled. */
  synchronized ProducerRecord<byte[], byte[]> handle(ConsumerRecord<byte[], byte[]> r) {
    String id = header(r, "ce_id");
    String type = header(r, "ce_type");
    if (type != null && !type.equals(ORDER_PLACED)) {
      return null;
    }
    if (r.topic().equals(ORDERS) && id != null && !seen.add(id)) {
      return null;
    }
    JsonNode order;
    try {
      order = decode(r, id);
    } catch (IOException | IllegalArgumentException why) {
      return to(DEAD, r, "dlq-reason", why.toString().lines().findFirst().orElse("unreadable"));
    }
    if (!order.get("customer_id").asText().equals("cus-refused")) {
      return paid(r, id, order);
    }
    int next = attempt(r) + 1;
    if (next <= ATTEMPTS) {
      return to(RETRIES, r, "retry-attempt", "" + next);
    }
    return to(DEAD, r, "dlq-reason", "customer cus-refused is refused");
  }

  /** Takes back that a record was handled: what was published for it did not stay. */
  synchronized void forget(ConsumerRecord<byte[], byte[]> r) {
    seen.remove(header(r, "ce_id"));
  }

  /** How many milliseconds a retry must not be handled yet: its backoff, from when it was published. */
  static long waitMillis(ConsumerRecord<byte[], byte[]> r) {
    if (!r.topic().equals(RETRIES)) {
      return 0;
    }
    long due = r.timestamp() + (BACKOFF_MS << (attempt(r) - 2));
    return Math.max(0, Math.min(due - System.currentTimeMillis(), BACKOFF_MS << (ATTEMPTS - 2)));
  }

  private JsonNode decode(ConsumerRecord<byte[], byte[]> r, String id) throws IOException {
    if (id == null) {
      throw new IllegalArgumentException("header ce_id is missing");
    }
    JsonNode order = json.readTree(r.value());
    for (String name : new String[] {"order_id", "customer_id", "currency"}) {
      if (!order.path(name).isTextual()) {
        throw new IllegalArgumentException(name + " is no string");
      }
    }
    if (!order.path("total").isIntegralNumber()) {
      throw new IllegalArgumentException("total is no integer");
    }
    return order;
  }

  /** The PaymentReceived of an order, with the same id however often it is made. */
  private ProducerRecord<byte[], byte[]> paid(ConsumerRecord<byte[], byte[]> r, String id, JsonNode order) {
    String payment = UUID.nameUUIDFromBytes(("payment/" + id).getBytes(StandardCharsets.UTF_8)).toString();
    String now = Instant.now().toString();
    byte[] value = json.createObjectNode()
        .put("payment_id", payment)
        .put("received_at", now)
        .<com.fasterxml.jackson.databind.node.ObjectNode>set("order_id", order.get("order_id"))
        .<com.fasterxml.jackson.databind.node.ObjectNode>set("customer_id", order.get("customer_id"))
        .<com.fasterxml.jackson.databind.node.ObjectNode>set("amount", order.get("total"))
        .<com.fasterxml.jackson.databind.node.ObjectNode>set("currency", order.get("currency"))
        .toString().getBytes(StandardCharsets.UTF_8);
    String correlation = header(r, "correlation_id");
    Headers headers = new RecordHeaders();
    set(headers, "ce_specversion", "1.0", "ce_id", payment, "ce_type", "com.acme.payment.PaymentReceived",
        "ce_source", "/acme/payment-service", "ce_time", now, "content-type", "application/json",
        "causation_id", id, "correlation_id", correlation == null ? id : correlation);
    byte[] key = order.get("order_id").asText().getBytes(StandardCharsets.UTF_8);
    return new ProducerRecord<>(PAYMENTS, null, key, value, headers);
  }

  private static int attempt(ConsumerRecord<byte[], byte[]> r) {
    String n = header(r, "retry-attempt");
    return r.topic().equals(RETRIES) && n != null ? Integer.parseInt(n) : 1;
  }

  /** The record as it came, for another topic and with more headers. */
  private static ProducerRecord<byte[], byte[]> to(String topic, ConsumerRecord<byte[], byte[]> r, String... pairs) {
    Headers headers = new RecordHeaders(r.headers());
    set(headers, pairs);
    return new ProducerRecord<>(topic, null, r.key(), r.value(), headers);
  }

  private static void set(Headers headers, String... pairs) {
    for (int i = 0; i < pairs.length; i += 2) {
      headers.remove(pairs[i]).add(pairs[i], pairs[i + 1].getBytes(StandardCharsets.UTF_8));
    }
  }

  private static String header(ConsumerRecord<byte[], byte[]> r, String name) {
    Header last = r.headers().lastHeader(name);
    return last == null ? null : new String(last.value(), StandardCharsets.UTF_8);
  }
}
