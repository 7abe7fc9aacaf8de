"""Prints every pruned model: pip install 'confluent-kafka[avro]'; python consumer.py BOOTSTRAP REGISTRY"""
import sys
from confluent_kafka import DeserializingConsumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import StringDeserializer

bootstrap, registry = sys.argv[1:3]
consumer = DeserializingConsumer({
    "bootstrap.servers": bootstrap,
    "group.id": "deployment",
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "isolation.level": "read_committed",
    "key.deserializer": StringDeserializer(),
    "value.deserializer": AvroDeserializer(SchemaRegistryClient({"url": registry})),
})
consumer.subscribe(["espalier.pruned-model"])
while True:
    record = consumer.poll(1.0)
    if record is None or record.error():
        continue
    event = record.value()
    print(f"{event['modelName']}@{event['modelVersion']} {event['artifact']['uri']} {event['artifact']['rootDigest']}")
    for metric in event["metrics"]:
        print(f"  {metric['name']}: {metric['before']} -> {metric['after']}")
    consumer.commit(record)  # after the model is deployed
