package io.espalier.worker.data.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Hugging Face's own tokenizers, called through DJL's binding. The only class that knows of it. */
final class NativeTokenizer implements Tokenizer {
  /** Longer than any text: the binding else warns of, or cuts at, 512 tokens. */
  private static final String UNLIMITED = "1000000000";

  /** Whatever tokenizer.json says of it: a data set cuts and fills up by itself. */
  private static final Map<String, String> WHOLE =
      Map.of(
          "truncation",
          "false",
          "padding",
          "false",
          "maxLength",
          UNLIMITED,
          "modelMaxLength",
          UNLIMITED);

  private final HuggingFaceTokenizer tokenizer;
  private final Vocabulary vocabulary;

  private NativeTokenizer(HuggingFaceTokenizer tokenizer, Vocabulary vocabulary) {
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
  }

  static NativeTokenizer open(Path modelDirectory, Vocabulary vocabulary) {
    // Without these the binding looks for a CUDA build of itself on the net, and counts its users.
    setIfAbsent("ai.djl.offline");
    setIfAbsent("OPT_OUT_TRACKING");
    Path file = modelDirectory.resolve(Vocabulary.FILE);
    // A path instead of a stream would make the binding apply tokenizer_config.json, too.
    try (InputStream json = Files.newInputStream(file)) {
      return new NativeTokenizer(HuggingFaceTokenizer.newInstance(json, WHOLE), vocabulary);
    } catch (IOException e) {
      throw new InvalidInputException("%s cannot be read: %s".formatted(file, e));
    } catch (RuntimeException e) { // what the native library throws, whatever is wrong
      throw new InvalidInputException(
          "%s is no tokenizer that this library knows: %s".formatted(file, e.getMessage()));
    }
  }

  private static void setIfAbsent(String property) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, "true");
    }
  }

  @Override
  public Encoded encode(String text) {
    String valid = Characters.valid(text);
    return encoded(tokenizer.encode(valid, true, false), valid, null);
  }

  @Override
  public Encoded encode(String first, String second) {
    String one = Characters.valid(first);
    String two = Characters.valid(second);
    return encoded(tokenizer.encode(one, two, true, false), one, two);
  }

  private static Encoded encoded(Encoding encoding, String first, @Nullable String second) {
    int[] sources = ints(encoding.getSequenceIds());
    var begins = new int[sources.length];
    var ends = new int[sources.length];
    var inFirst = new Characters(first);
    var inSecond = second == null ? inFirst : new Characters(second);
    CharSpan[] spans = encoding.getCharTokenSpans(); // in code points
    for (int i = 0; i < sources.length; i++) {
      if (sources[i] != Encoded.ADDED) {
        Characters characters = sources[i] == 0 ? inFirst : inSecond;
        begins[i] = characters.index(spans[i].getStart());
        ends[i] = characters.index(spans[i].getEnd());
      }
    }
    return new Encoded(ints(encoding.getIds()), ints(encoding.getTypeIds()), sources, begins, ends);
  }

  private static int[] ints(long[] values) {
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
