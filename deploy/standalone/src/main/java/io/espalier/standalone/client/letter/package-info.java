/**
 * Dead letters: listed, shown, sent again. Start reading at {@link
 * io.espalier.standalone.client.letter.DeadLetterListing}.
 */
@NullMarked
package io.espalier.standalone.client.letter;

import org.jspecify.annotations.NullMarked;
