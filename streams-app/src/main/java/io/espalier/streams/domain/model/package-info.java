/**
 * A registered model version and the directories it lies in. Pure values that refuse what is
 * malformed.
 */
@NullMarked
package io.espalier.streams.domain.model;

import org.jspecify.annotations.NullMarked;
