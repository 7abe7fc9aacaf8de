/**
 * Models that a policy is for and gates of its results. Pure. Start reading at {@link
 * io.espalier.streams.domain.policy.Policies}.
 */
@NullMarked
package io.espalier.streams.domain.policy;

import org.jspecify.annotations.NullMarked;
