/**
 * The kinds of stages as policies and both modules know them: what each is called, the keys that it
 * takes, and which models it needs. How one is carried out is the worker's. Free of Kafka and Avro.
 */
@NullMarked
package io.espalier.schemas.stage;

import org.jspecify.annotations.NullMarked;
