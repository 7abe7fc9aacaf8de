/**
 * The policy format: a YAML or JSON document in, a validated policy event out, or every problem of
 * the document at once. Pure: reads no topic. Start reading at {@link
 * io.espalier.schemas.policy.PolicyFile}.
 */
@NullMarked
package io.espalier.schemas.policy;

import org.jspecify.annotations.NullMarked;
