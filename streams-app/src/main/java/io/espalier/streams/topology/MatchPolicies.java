package io.espalier.streams.topology;

import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunEvent.Cause;
import io.espalier.streams.domain.run.RunId;
import io.espalier.streams.domain.run.RunPlan;
import io.espalier.streams.topology.RecentRegistrations.Registered;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;

/** Makes a plan of every policy that is for a model, keyed by the run that it means. */
final class MatchPolicies implements ProcessorSupplier<String, Model, String, ForRun> {
  private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

  private final PolicyBook book;
  private final TopologySettings settings;
  private final RunIds runIds;

  MatchPolicies(PolicyBook book, TopologySettings settings) {
    this.book = book;
    this.settings = settings;
    runIds = new RunIds(settings.partitions());
  }

  @Override
  public Processor<String, Model, String, ForRun> get() {
    return new Matching();
  }

  /** Kafka calls init before anything else, and again if the task is revived. */
  @SuppressWarnings("NullAway.Init")
  private final class Matching implements Processor<String, Model, String, ForRun> {
    private ProcessorContext<String, ForRun> context;
    private ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>> store;
    private RecentRegistrations recent;
    private PolicyBook.Edition seen;

    @Override
    public void init(ProcessorContext<String, ForRun> context) {
      this.context = context;
      store = context.getStateStore(PolicyBook.POLICIES);
      recent = new RecentRegistrations();
      seen = PolicyBook.Edition.NONE;
      int partition = context.taskId().partition();
      Instant since = now().minus(RecentRegistrations.KEPT);
      for (Registered earlier : settings.outside().earlier().read(partition, since)) {
        recent.add(earlier, now());
      }
      context.schedule(LOOK_AGAIN, PunctuationType.WALL_CLOCK_TIME, time -> edition());
    }

    @Override
    public void process(Record<String, Model> registered) {
      PolicyBook.Edition edition = edition();
      Model model = registered.value();
      Registered now =
          new Registered(
              model,
              Instant.ofEpochMilli(registered.timestamp()),
              TraceContext.in(registered.headers()).orElse(""));
      Cause cause = isReplayed(registered.headers()) ? Cause.REPLAYED : Cause.REGISTERED;
      edition.policies().matching(model).forEach(policy -> plan(now, policy, cause));
      recent.add(now, now());
    }

    /** Meets the policies that have become known since with the models registered after them. */
    private PolicyBook.Edition edition() {
      PolicyBook.Edition edition = book.edition(store);
      if (edition.number() != seen.number()) {
        for (PolicyBook.Page page : edition.newerThan(seen)) {
          Policy policy = page.policy().orElseThrow();
          recent.since(page.at()).stream()
              .filter(registered -> policy.accepts(registered.model()))
              .forEach(registered -> plan(registered, policy, Cause.LOOKED_AT_AGAIN));
        }
        seen = edition;
      }
      return edition;
    }

    private void plan(Registered registered, Policy policy, Cause cause) {
      RunId run = runIds.of(registered.model(), policy);
      String trace = registered.trace().isEmpty() ? TraceContext.of(run) : registered.trace();
      RunPlan plan = new RunPlan(run, registered.model(), policy, trace);
      ForRun planned = new ForRun(run.value(), new RunEvent.Planned(plan, cause));
      context.forward(new Record<>(run.value(), planned, registered.at().toEpochMilli()));
    }

    private Instant now() {
      return Instant.ofEpochMilli(context.currentSystemTimeMs());
    }
  }

  /** Dead letters carry their run's id; whoever sends one back sends its headers with it. */
  private static boolean isReplayed(Headers headers) {
    return headers.lastHeader(RunAnnouncements.RUN_ID) != null;
  }
}
