/**
 * Topics as clients read them: whole, from the end, or a part of them. Start reading at {@link
 * io.espalier.standalone.client.topic.Cluster}.
 */
@NullMarked
package io.espalier.standalone.client.topic;

import org.jspecify.annotations.NullMarked;
