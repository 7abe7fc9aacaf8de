/**
 * Keys of stages and their values: a typed table of keys from which the policy's JSON schema, the
 * rules of policies, the worker's readers, reports and documents follow. Free of Kafka and Avro,
 * since the stages of workers read their settings by it.
 */
@NullMarked
package io.espalier.schemas.setting;

import org.jspecify.annotations.NullMarked;
