/** Programs: the worker and the processes of its stages. Wires the other packages together. */
@NullMarked
package io.espalier.worker.app;

import org.jspecify.annotations.NullMarked;
