package io.espalier.streams.wire;

import io.espalier.event.ClosedAttempts;
import io.espalier.event.RegistrationAnswer;
import io.espalier.event.RegistrationOutcome;
import io.espalier.streams.domain.run.RunEffect.AnswerRegistration;
import io.espalier.streams.domain.run.RunEffect.CloseCommands;
import io.espalier.streams.domain.run.RunPlan;

/** Answers to registrants and workers. */
final class AnswerMapping {
  private AnswerMapping() {}

  static RegistrationAnswer registration(TimedMessage<AnswerRegistration> told) {
    RunPlan plan = told.what().plan();
    return new RegistrationAnswer(
        plan.model().ref().name(),
        plan.model().ref().version(),
        RegistrationOutcome.valueOf(told.what().outcome().name()),
        told.what().message(),
        plan.runId().value(),
        plan.policy().name(),
        told.at());
  }

  static ClosedAttempts closed(TimedMessage<CloseCommands> told) {
    CloseCommands close = told.what();
    return new ClosedAttempts(
        close.runId().value(),
        close.sequence(),
        close.reason(),
        told.at(),
        close.except().isPresent() ? close.except().getAsLong() : null);
  }
}
