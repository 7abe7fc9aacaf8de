/** Terms of every part of the worker: how a request can fail. */
@NullMarked
package io.espalier.worker.domain;

import org.jspecify.annotations.NullMarked;
