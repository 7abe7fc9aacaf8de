package io.espalier.streams.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.pool.Turn;
import io.espalier.streams.domain.run.Effect.AnswerRegistration;
import io.espalier.streams.domain.run.Effect.CloseCommands;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.wire.Released;
import io.espalier.streams.wire.Told;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;

/** Turns what was decided into records of one topic, each with the headers of its own. */
final class Announce<D, V> implements ProcessorSupplier<String, D, String, V> {
  private final Function<D, List<Announcement<V>>> announcements;

  private Announce(Function<D, List<Announcement<V>>> announcements) {
    this.announcements = announcements;
  }

  static Announce<RunTurn, Run> runs() {
    return new Announce<>(RunAnnouncements::runs);
  }

  static Announce<RunTurn, Run> pruned() {
    return new Announce<>(RunAnnouncements::pruned);
  }

  static Announce<RunTurn, Run> rejected() {
    return new Announce<>(RunAnnouncements::rejected);
  }

  static Announce<RunTurn, Model> deadLetters() {
    return new Announce<>(RunAnnouncements::deadLetters);
  }

  static Announce<RunTurn, Told<AnswerRegistration>> answers() {
    return new Announce<>(RunAnnouncements::answers);
  }

  static Announce<RunTurn, Told<CloseCommands>> closed() {
    return new Announce<>(RunAnnouncements::closed);
  }

  static Announce<RunTurn, ForPool> jobs() {
    return new Announce<>(RunAnnouncements::jobs);
  }

  static Announce<Turn, Released> commands() {
    return new Announce<>(PoolAnnouncements::commands);
  }

  @Override
  public Processor<String, D, String, V> get() {
    return new ContextualProcessor<>() {
      @Override
      public void process(Record<String, D> decided) {
        for (Announcement<V> announcement : announcements.apply(decided.value())) {
          context()
              .forward(
                  new Record<>(
                      announcement.key(),
                      announcement.value(),
                      decided.timestamp(),
                      headers(announcement)));
        }
      }
    };
  }

  private static Headers headers(Announcement<?> announcement) {
    Headers headers = new RecordHeaders();
    announcement.event().ifPresent(event -> event.writeTo(headers));
    announcement.headers().forEach((name, value) -> headers.add(name, value.getBytes(UTF_8)));
    return headers;
  }
}
