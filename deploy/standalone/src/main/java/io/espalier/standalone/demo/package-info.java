/**
 * Everything on one machine: the stack that {@code up} and {@code demo} start, and the demo's way
 * through it. Start reading at {@link io.espalier.standalone.demo.Demo}.
 */
@NullMarked
package io.espalier.standalone.demo;

import org.jspecify.annotations.NullMarked;
