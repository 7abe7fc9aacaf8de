/**
 * Meaning of gates: pure rules that the coordinator, which judges by them, and the worker, whose
 * reports say how a result fares, apply alike. Nothing here knows more than the JDK.
 */
@NullMarked
package io.espalier.gate;

import org.jspecify.annotations.NullMarked;
