/**
 * A model on this machine as the commands need it: opened strictly, measured, registered, run
 * through stages. Knows no options and prints nothing.
 */
@NullMarked
package io.espalier.standalone.model;

import org.jspecify.annotations.NullMarked;
