package io.espalier.standalone.command;

import io.espalier.standalone.client.letter.LetterId;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The reader of dead letters' names. */
final class LetterIdReader implements ITypeConverter<LetterId> {
  @Override
  public LetterId convert(String text) {
    return LetterId.parse(text)
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "wanted a letter such as 0-17, as `dead-letters list` names it, found '%s'"
                        .formatted(text.length() > 80 ? text.substring(0, 80) : text)));
  }
}
