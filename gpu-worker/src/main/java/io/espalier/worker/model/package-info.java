/**
 * Families of models: for each, a table of tensors with named axes and a forward function over
 * named weights. Its rule: a forward function takes widths from the weights it is given, never from
 * a configuration, so a pruned model runs through it unchanged. Start reading at {@link
 * io.espalier.worker.model.Families}.
 */
@NullMarked
package io.espalier.worker.model;

import org.jspecify.annotations.NullMarked;
