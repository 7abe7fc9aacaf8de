/** Encoders and decoders of text: BERT and its kin, GPT-2, GPT-J, Llama and its kin. */
@NullMarked
package io.espalier.worker.model.transformer;

import org.jspecify.annotations.NullMarked;
