package io.espalier.streams.topology;

import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.Plan;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunId;
import java.util.Objects;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/** Makes a plan of every policy that is for a model, keyed by the run that it means. */
final class MatchPolicies implements ProcessorSupplier<String, Model, String, ForRun> {
  private final PolicyBook book;

  MatchPolicies(PolicyBook book) {
    this.book = book;
  }

  @Override
  public Processor<String, Model, String, ForRun> get() {
    return new Matching();
  }

  private final class Matching extends ContextualProcessor<String, Model, String, ForRun> {
    private PolicyBook.@Nullable Reader policies;

    @Override
    public void init(ProcessorContext<String, ForRun> context) {
      super.init(context);
      policies = book.reader(context.getStateStore(PolicyBook.POLICIES));
    }

    @Override
    public void process(Record<String, Model> registered) {
      Model model = registered.value();
      for (Policy policy : Objects.requireNonNull(policies).policies().matching(model)) {
        RunId run = RunId.of(model, policy);
        Plan plan = new Plan(model, policy, Trace.of(registered.headers(), run));
        ForRun planned = new ForRun(run.value(), new RunEvent.Planned(plan));
        context().forward(new Record<>(run.value(), planned, registered.timestamp()));
      }
    }
  }
}
