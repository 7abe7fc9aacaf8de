/**
 * The commands: options in, a result out. Each command hands its work to another package, and
 * mentions no Kafka and no tensor type in its fields and signatures, so that {@code --help} loads
 * neither. Start reading at {@link io.espalier.standalone.command.Espalier}.
 */
@NullMarked
package io.espalier.standalone.command;

import org.jspecify.annotations.NullMarked;
