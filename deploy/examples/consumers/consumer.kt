import java.time.Duration
import org.apache.avro.generic.GenericRecord
import org.apache.kafka.clients.consumer.KafkaConsumer

/** Prints every pruned model: kotlinc -cp 'LIB' consumer.kt -d out && kotlin -cp 'out:LIB' ConsumerKt BOOTSTRAP REGISTRY */
fun main(arguments: Array<String>) {
    val settings = mapOf<String, Any>(
        "bootstrap.servers" to arguments[0],
        "schema.registry.url" to arguments[1],
        "group.id" to "deployment",
        "auto.offset.reset" to "earliest",
        "enable.auto.commit" to false,
        "isolation.level" to "read_committed",
        "key.deserializer" to "org.apache.kafka.common.serialization.StringDeserializer",
        "value.deserializer" to "io.confluent.kafka.serializers.KafkaAvroDeserializer",
    )
    KafkaConsumer<String, GenericRecord>(settings).use { consumer ->
        consumer.subscribe(listOf("espalier.pruned-model"))
        while (true) {
            for (record in consumer.poll(Duration.ofSeconds(1))) {
                val event = record.value()
                val artifact = event["artifact"] as GenericRecord
                println("${event["modelName"]}@${event["modelVersion"]} ${artifact["uri"]} ${artifact["rootDigest"]}")
                (event["metrics"] as List<*>).forEach { println("  $it") }
            }
            consumer.commitSync() // after the models are deployed
        }
    }
}
