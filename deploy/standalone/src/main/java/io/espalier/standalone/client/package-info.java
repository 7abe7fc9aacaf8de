/**
 * A running system seen from outside: what is published to its topics and read from them. Start
 * reading at {@link io.espalier.standalone.client.Cluster}.
 */
@NullMarked
package io.espalier.standalone.client;

import org.jspecify.annotations.NullMarked;
