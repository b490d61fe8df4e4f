import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The payment-service with Kafka's own client. What a batch publishes and the offsets that it
 * consumed are one transaction.
 */
public final class Main {
  private static final List<String> TOPICS = List.of(Payments.ORDERS, Payments.RETRIES);
  private static final Duration POLL = Duration.ofMillis(100);

  public static void main(String[] args) throws InterruptedException {
    Payments payments = new Payments();
    boolean autoCommit = "auto-commit".equals(System.getenv("FAULT"));
    while (true) {
      try {
        if (autoCommit) {
          autoCommit(payments);
        } else {
          session(payments);
        }
      } catch (KafkaException e) {
        System.err.println("session starts over: " + e);
        Thread.sleep(250);
      }
    }
  }

  /** Works until something fails; the next one begins at the committed offsets. */
  private static void session(Payments payments) throws InterruptedException {
    Map<String, Object> transactional = Map.of("transactional.id", Payments.GROUP + "-0", "transaction.timeout.ms", 15000);
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("enable.auto.commit", false));
        KafkaProducer<byte[], byte[]> producer = producer(transactional)) {
      producer.initTransactions();
      consumer.subscribe(TOPICS);
      while (true) {
        ConsumerRecords<byte[], byte[]> batch = consumer.poll(POLL);
        if (batch.isEmpty()) {
          continue;
        }
        try {
          transact(payments, consumer, producer, batch);
        } catch (KafkaException e) {
          batch.forEach(payments::forget);
          throw e; // closing the producer aborts the transaction
        }
      }
    }
  }

  private static void transact(Payments payments, KafkaConsumer<byte[], byte[]> consumer,
      KafkaProducer<byte[], byte[]> producer, ConsumerRecords<byte[], byte[]> batch) throws InterruptedException {
    producer.beginTransaction();
    Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> r : batch) {
      long wait = Payments.waitMillis(r);
      if (wait > 0) {
        Thread.sleep(wait);
      }
      ProducerRecord<byte[], byte[]> out = payments.handle(r);
      if (out != null) {
        producer.send(out);
      }
      next.put(new TopicPartition(r.topic(), r.partition()), new OffsetAndMetadata(r.offset() + 1));
    }
    producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
    producer.commitTransaction();
  }

  /**
   * The mistake: poll commits what it handed out before, and here that is with another thread,
   * which has not done it yet.
   */
  private static void autoCommit(Payments payments) {
    ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("enable.auto.commit", true, "auto.commit.interval.ms", 10));
        KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
      consumer.subscribe(TOPICS);
      while (true) {
        for (ConsumerRecord<byte[], byte[]> r : consumer.poll(POLL)) {
          later.schedule(() -> {
            ProducerRecord<byte[], byte[]> out = payments.handle(r);
            if (out != null) {
              producer.send(out);
            }
          }, 1, TimeUnit.MINUTES);
        }
      }
    }
  }

  private static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(more);
    config.put("bootstrap.servers", System.getenv("BROKERS"));
    config.put("group.id", Payments.GROUP);
    config.put("group.protocol", System.getenv().getOrDefault("GROUP_PROTOCOL", "classic"));
    config.put("auto.offset.reset", "earliest");
    config.put("isolation.level", "read_committed"); // the default reads what was aborted
    if (config.get("group.protocol").equals("classic")) {
      config.put("session.timeout.ms", 6000);
      config.put("heartbeat.interval.ms", 1000);
    }
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(more);
    config.put("bootstrap.servers", System.getenv("BROKERS"));
    config.put("acks", "all");
    config.put("linger.ms", 0);
    config.put("compression.type", "zstd");
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
