package io.espalier.streams.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.schemas.DeadLetter;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.topology.PolicyBook.Page;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;

/**
 * Sends policies that cannot be read to the dead letters, once in the life of the task of the first
 * partition: records of a global table have no other way there.
 */
final class ReportPolicies implements ProcessorSupplier<String, Model, String, byte[]> {
  private static final Duration LOOK = Duration.ofSeconds(5);

  private final PolicyBook book;

  ReportPolicies(PolicyBook book) {
    this.book = book;
  }

  @Override
  public Processor<String, Model, String, byte[]> get() {
    return new Reporting();
  }

  @SuppressWarnings("NullAway.Init")
  private final class Reporting implements Processor<String, Model, String, byte[]> {
    private final Map<String, Instant> reported = new HashMap<>();
    private ProcessorContext<String, byte[]> context;
    private ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>> store;

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
      this.context = context;
      store = context.getStateStore(PolicyBook.POLICIES);
      if (context.taskId().partition() == 0) {
        context.schedule(LOOK, PunctuationType.WALL_CLOCK_TIME, time -> report(time));
      }
    }

    @Override
    public void process(Record<String, Model> registered) {
      // Only the time makes it look.
    }

    private void report(long now) {
      book.edition(store)
          .pages()
          .forEach(
              (name, page) -> {
                if (page.problem().isPresent()
                    && !page.at().equals(reported.put(name, page.at()))) {
                  context.forward(letter(name, page, now));
                }
              });
    }

    private static Record<String, byte[]> letter(String name, Page page, long now) {
      var headers = new RecordHeaders();
      String message = String.valueOf(page.problem().orElseThrow().getMessage());
      headers.add("__streams.errors.exception", "UnreadablePolicy".getBytes(UTF_8));
      headers.add("__streams.errors.message", DeadLetter.shortened(message).getBytes(UTF_8));
      headers.add("__streams.errors.topic", PolicyBook.POLICIES.getBytes(UTF_8));
      return new Record<>(name, page.bytes().array(), now, headers);
    }
  }
}
