/**
 * The whole system against a real broker and a real schema registry, each service in its own
 * process so that it can be killed. Start reading at {@link io.espalier.it.WholePathIT}.
 */
package io.espalier.it;
