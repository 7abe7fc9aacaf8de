/**
 * Texts on disk as tokens for models, and how well models' answers fit them. Of DJL, one class
 * calls the tokenizer's binding; nothing here needs an engine. Start reading at {@link
 * io.espalier.worker.data.text.TextDatasets}.
 */
@NullMarked
package io.espalier.worker.data.text;

import org.jspecify.annotations.NullMarked;
