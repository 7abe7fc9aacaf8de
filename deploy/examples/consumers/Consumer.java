import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** Prints every pruned model: java -cp 'DIST/espalier.jar:DIST/lib/*' Consumer.java BOOTSTRAP REGISTRY */
public class Consumer {
  public static void main(String[] arguments) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", arguments[0],
            "schema.registry.url", arguments[1],
            "group.id", "deployment",
            "auto.offset.reset", "earliest",
            "enable.auto.commit", false,
            "isolation.level", "read_committed",
            "key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer",
            "value.deserializer", "io.confluent.kafka.serializers.KafkaAvroDeserializer");
    try (var consumer = new KafkaConsumer<String, GenericRecord>(settings)) {
      consumer.subscribe(List.of("espalier.pruned-model"));
      while (true) {
        for (var record : consumer.poll(Duration.ofSeconds(1))) {
          var event = record.value();
          var artifact = (GenericRecord) event.get("artifact");
          System.out.println(event.get("modelName") + "@" + event.get("modelVersion") + " " + artifact.get("uri") + " " + artifact.get("rootDigest"));
          for (var metric : (List<?>) event.get("metrics")) {
            System.out.println("  " + metric);
          }
        }
        consumer.commitSync(); // after the models are deployed
      }
    }
  }
}
