/**
 * The services of an installation on this machine, each in a JVM of its own that ends with this
 * one: broker, registry. Start reading at {@link io.espalier.standalone.local.LocalBroker}.
 */
@NullMarked
package io.espalier.standalone.local;

import org.jspecify.annotations.NullMarked;
