package io.espalier.standalone.client.letter;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.schemas.Topics;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.NewestFirst;
import io.espalier.standalone.client.topic.Portion;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The dead letters of a system. */
public final class DeadLetterListing {
  private static final Comparator<Letter> OLDEST_FIRST =
      Comparator.comparing(Letter::at).thenComparing(Letter::id);

  private DeadLetterListing() {}

  /**
   * The letters that are asked for.
   *
   * @param from that came from this topic, with or without its prefix
   * @param since that came since then
   * @param limit at most so many, the newest
   */
  public record Filter(Optional<String> from, Optional<Instant> since, int limit) {
    /** No more are listed at once than fit into the memory of a small client. */
    public static final int MOST = 10_000;

    /** Returns whether a letter is asked for, were it new enough. */
    boolean accepts(Letter letter, Topics topics) {
      return from.map(topic -> isFrom(letter, topic, topics)).orElse(true)
          && since.map(time -> !letter.at().isBefore(time)).orElse(true);
    }

    private static boolean isFrom(Letter letter, String topic, Topics topics) {
      return letter
          .source(topics)
          .filter(source -> source.equals(topic) || source.equals(topics.prefix() + topic))
          .isPresent();
    }
  }

  /**
   * The letters that were found.
   *
   * @param letters in the order in which they came
   * @param more whether there are older ones that were left out
   */
  public record Found(List<Letter> letters, boolean more) {}

  /** Lists letters, the newest last. */
  public static Result list(Address address, Filter filter, OptionalInt width) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      return result(find(cluster, filter), cluster.topics(), Instant.now(), width);
    }
  }

  /** Finds letters, without their values, reading no further back than it must. */
  public static Found find(Cluster cluster, Filter filter) {
    Portion portion = filter.since().map(Portion.all()::since).orElse(Portion.all());
    Topics topics = cluster.topics();
    try (NewestFirst<byte[]> reader =
        new NewestFirst<>(
            topics.deadLetters(),
            cluster.consumer(new ByteArrayDeserializer()),
            portion,
            Letter::withoutValue)) {
      return find(reader, filter, topics);
    }
  }

  public static Found find(NewestFirst<byte[]> reader, Filter filter, Topics topics) {
    var kept = new PriorityQueue<>(OLDEST_FIRST);
    boolean more = false;
    while (reader.hasOlder() && !(more && kept.element().at().isAfter(reader.reached()))) {
      for (ConsumerRecord<byte[], byte[]> each : reader.older()) {
        var letter = new Letter(each);
        if (filter.accepts(letter, topics)) {
          kept.add(letter);
        }
        if (kept.size() > filter.limit()) {
          kept.remove();
          more = true;
        }
      }
    }
    List<Letter> letters = new ArrayList<>(kept);
    letters.sort(OLDEST_FIRST);
    return new Found(letters, more);
  }

  /** Letters that were found, as a table and as JSON. */
  public static Result result(Found found, Topics topics, Instant now, OptionalInt width) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("letters");
    var table = new TextTable("letter", "age", "from", "key", "bytes", "cause", "message");
    for (Letter letter : found.letters()) {
      nodes.add(letter.json(topics));
      table.row(
          letter.id().toString(),
          Figures.brief(Duration.between(letter.at(), now)),
          letter.source(topics).orElse("unknown"),
          letter.key(),
          Figures.count(letter.bytes()),
          letter.cause(),
          message(letter));
    }
    json.put("more", found.more());
    String text = (width.isPresent() ? table.within(width.getAsInt()) : table).toString();
    String more =
        found.more() ? "\nthe newest %d; --limit lists more".formatted(found.letters().size()) : "";
    return Result.of(json, found.letters().isEmpty() ? "no dead letters" : text + more)
        .withNames(found.letters().stream().map(letter -> letter.id().toString()).toList());
  }

  /** Returns why it is there, and that it has been sent back before if it has. */
  private static String message(Letter letter) {
    String why = letter.message().replaceAll("\\s+", " ");
    return letter
        .replayedFrom()
        .map(first -> "again, after a replay of %s: %s".formatted(first, why))
        .orElse(why);
  }

  /**
   * Shows a letter.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if there is none of that name
   */
  public static Result show(Address address, LetterId id) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp();
        var reader = new LetterReader(cluster)) {
      return LetterText.of(reader.read(id), cluster.topics(), cluster.pools());
    }
  }
}
