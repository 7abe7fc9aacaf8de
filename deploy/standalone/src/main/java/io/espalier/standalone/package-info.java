/**
 * The command line and everything that it starts. Only this module sees the streams app and the
 * worker together; it holds no decision of either.
 */
@NullMarked
package io.espalier.standalone;

import org.jspecify.annotations.NullMarked;
