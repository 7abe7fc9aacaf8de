/**
 * Facts of what a stage changed, typed, so that programs need not read sentences: worker,
 * coordinator and command line tell them by the same classes. Nothing here knows more than the JDK,
 * but for their form as JSON.
 */
@NullMarked
package io.espalier.fact;

import org.jspecify.annotations.NullMarked;
