package io.espalier.streams.wire;

import io.espalier.event.StageCommand;
import io.espalier.event.state.JobRecord;
import io.espalier.schemas.KindNames;
import io.espalier.streams.domain.job.Command;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.model.ModelRef;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageSpec;
import java.time.Instant;

/** Jobs and the commands that workers get. */
final class CommandMapping {
  private static final SingleObject<StageCommand> COMMAND =
      StoredEncodings.ofEvent(new StageCommand());

  private CommandMapping() {}

  static StageCommand toAvro(Job job, Instant issuedAt) {
    Command command = job.command();
    StageCommand event = new StageCommand();
    event.setRunId(job.id().runId());
    event.setModelName(command.model().name());
    event.setModelVersion(command.model().version());
    event.setStageIndex(job.id().attempt().stageIndex());
    event.setAttempt(job.id().attempt().attempt());
    event.setKind(KindNames.symbol(command.stage().kind().name()));
    event.setKindName(KindNames.beside(command.stage().kind().name()));
    event.setSpec(command.stage().spec());
    event.setInput(ModelMapping.toAvro(command.input()));
    event.setReferences(ModelMapping.toAvro(command.references()));
    event.setOutputUri(command.outputUri());
    event.setData(command.data());
    event.setSeed(command.seed());
    event.setResumeKey(command.resumeKey());
    event.setPool(job.pool());
    event.setDeadline(command.deadline());
    event.setIssuedAt(issuedAt);
    event.setToken(command.identity().token());
    event.setSequence(command.identity().sequence());
    event.setPolicyName(command.policy().name());
    event.setPolicyGeneration(command.policy().generation());
    event.setGates(command.end().gates().stream().map(PolicyMapping::toAvro).toList());
    event.setStageCount(command.end().stages());
    event.setEarlierMetrics(command.end().earlier().stream().map(ReportMapping::toAvro).toList());
    return event;
  }

  static JobRecord toRecord(Job job) {
    return new JobRecord(
        job.id().runId(),
        job.id().attempt().stageIndex(),
        job.id().attempt().attempt(),
        job.pool(),
        job.tenant(),
        job.priority(),
        job.queuedAt(),
        COMMAND.encode(toAvro(job, job.queuedAt())),
        job.command().trace());
  }

  static Job fromRecord(JobRecord job) {
    StageCommand command = COMMAND.decode(job.getCommand());
    return new Job(
        id(job.getRunId(), job.getStageIndex(), job.getAttempt()),
        job.getPool(),
        job.getTenant(),
        job.getPriority(),
        job.getQueuedAt(),
        new Command(
            new ModelRef(command.getModelName(), command.getModelVersion()),
            new Command.PolicyVersion(command.getPolicyName(), command.getPolicyGeneration()),
            new StageSpec(
                PolicyMapping.kind(command.getKind(), command.getKindName()), command.getSpec()),
            ModelMapping.fromAvro(command.getInput()),
            ModelMapping.fromAvro(command.getReferences()),
            command.getOutputUri(),
            command.getData(),
            command.getSeed(),
            command.getResumeKey(),
            command.getDeadline(),
            new Command.Identity(command.getSequence(), command.getToken()),
            new Command.RunEnd(
                command.getGates().stream().map(PolicyMapping::fromAvro).toList(),
                command.getStageCount(),
                command.getEarlierMetrics().stream().map(ReportMapping::fromAvro).toList()),
            job.getTrace()));
  }

  static JobId id(String runId, int stageIndex, int attempt) {
    return new JobId(runId, new StageAttempt(stageIndex, attempt));
  }
}
