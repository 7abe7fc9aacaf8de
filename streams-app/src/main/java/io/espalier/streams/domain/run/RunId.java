package io.espalier.streams.domain.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Policy;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Predicate;

/**
 * Names a run. It is a hash of what the run is about, so that a model registered twice is one run.
 *
 * @param value 32 lower-case hexadecimal digits when made by {@link #of}
 */
public record RunId(String value) implements Comparable<RunId> {
  private static final int BYTES = 16;

  /** Generations are times in milliseconds from here on; older ones were counted. */
  private static final long FIRST_TIME = 1_000_000_000_000L;

  /**
   * Returns the run of a policy's generation for a model version: the first 16 bytes of SHA-256
   * over model name, version, root digest, policy name and generation, each preceded by its length
   * so that no two lists of fields look alike. Of a generation that is a time, the fields of {@link
   * Policy#work} follow in the same way.
   *
   * <p>Behind them comes the first number, from 0, with which the id is at home in the partition of
   * the model's registrations (0 itself is left out). So whoever keys a record by run id, as every
   * client does by itself, reaches the task that has matched the model.
   *
   * @param atHome whether an id lies in the wanted partition
   */
  public static RunId of(Model model, Policy policy, Predicate<String> atHome) {
    for (int number = 0; ; number++) {
      String id = hash(model, policy, number);
      if (atHome.test(id)) {
        return new RunId(id);
      }
    }
  }

  private static String hash(Model model, Policy policy, int number) {
    MessageDigest digest = sha256();
    update(digest, model.ref().name());
    update(digest, model.ref().version());
    update(digest, model.artifact().rootDigest().orElse(""));
    update(digest, policy.name());
    update(digest, Long.toString(policy.generation()));
    if (policy.generation() >= FIRST_TIME) {
      // Two changes in the same millisecond are two policies.
      policy.work().forEach(field -> update(digest, field));
    }
    if (number > 0) {
      update(digest, Integer.toString(number));
    }
    return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
  }

  private static void update(MessageDigest digest, String field) {
    byte[] bytes = field.getBytes(UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    digest.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256, this one does not", e);
    }
  }

  @Override
  public int compareTo(RunId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
