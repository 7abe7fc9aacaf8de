package io.espalier.streams.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.pool.DispatchDecision;
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEffect.AnswerRegistration;
import io.espalier.streams.domain.run.RunEffect.CloseCommands;
import io.espalier.streams.wire.ReleasedJob;
import io.espalier.streams.wire.TimedMessage;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;

/** Turns what was decided into records of one topic, each with the headers of its own. */
final class OutboundRecords<D, V> implements ProcessorSupplier<String, D, String, V> {
  private final Function<D, List<OutboundRecord<V>>> announcements;

  private OutboundRecords(Function<D, List<OutboundRecord<V>>> announcements) {
    this.announcements = announcements;
  }

  static OutboundRecords<RunTurn, Run> runs() {
    return new OutboundRecords<>(RunAnnouncements::runs);
  }

  static OutboundRecords<RunTurn, Run> pruned() {
    return new OutboundRecords<>(RunAnnouncements::pruned);
  }

  static OutboundRecords<RunTurn, Run> rejected() {
    return new OutboundRecords<>(RunAnnouncements::rejected);
  }

  static OutboundRecords<RunTurn, Model> deadLetters() {
    return new OutboundRecords<>(RunAnnouncements::deadLetters);
  }

  static OutboundRecords<RunTurn, TimedMessage<AnswerRegistration>> answers() {
    return new OutboundRecords<>(RunAnnouncements::answers);
  }

  static OutboundRecords<RunTurn, TimedMessage<CloseCommands>> closed() {
    return new OutboundRecords<>(RunAnnouncements::closed);
  }

  static OutboundRecords<RunTurn, ForPool> jobs() {
    return new OutboundRecords<>(RunAnnouncements::jobs);
  }

  static OutboundRecords<DispatchDecision, ReleasedJob> commands() {
    return new OutboundRecords<>(PoolAnnouncements::commands);
  }

  @Override
  public Processor<String, D, String, V> get() {
    return new ContextualProcessor<>() {
      @Override
      public void process(Record<String, D> decided) {
        for (OutboundRecord<V> announcement : announcements.apply(decided.value())) {
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

  private static Headers headers(OutboundRecord<?> announcement) {
    Headers headers = new RecordHeaders();
    announcement.event().ifPresent(event -> event.writeTo(headers));
    announcement.headers().forEach((name, value) -> headers.add(name, value.getBytes(UTF_8)));
    return headers;
  }
}
