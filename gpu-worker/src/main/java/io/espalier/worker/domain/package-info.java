/** What every part of the worker speaks of: how a request can fail. */
@NullMarked
package io.espalier.worker.domain;

import org.jspecify.annotations.NullMarked;
