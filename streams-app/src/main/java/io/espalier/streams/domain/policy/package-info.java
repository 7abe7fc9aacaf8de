/**
 * Which models a policy is for and what a result must meet. Pure. Start reading at {@link
 * io.espalier.streams.domain.policy.Policies}.
 */
@NullMarked
package io.espalier.streams.domain.policy;

import org.jspecify.annotations.NullMarked;
