package io.espalier.streams.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.ModelRegistered;
import io.espalier.event.StageCommand;
import io.espalier.event.StageOutcome;
import io.espalier.event.state.KeptRunRecord;
import io.espalier.event.state.RunRecord;
import io.espalier.schemas.PublishedSchemas;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.model.ArtifactFiles;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.run.Deliveries;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunAttempts;
import io.espalier.streams.domain.run.RunHistory;
import io.espalier.streams.domain.run.RunPlan;
import io.espalier.streams.domain.run.RunState;
import io.espalier.streams.domain.stage.StageAttempt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.message.RawMessageEncoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;
import org.junit.jupiter.api.Test;

/** What was kept before there were digests of listings is read: none is demanded. */
final class BeforeListingsTest {
  private static final Optional<String> LISTING = Optional.of("67".repeat(32));

  private final CoordinatorTopics wire =
      new CoordinatorTopics(new Topics("test.", SchemaRegistry.inMemory("before-listings"), 1));

  @Test
  void a_run_that_is_at_its_second_stage_is_read() throws IOException {
    Run run = run();
    for (Schema model : older(new ModelRegistered(), "listingDigest")) {
      for (Schema outcome : older(new StageOutcome(), "output.listingDigest")) {
        KeptRunRecord kept = RunRecords.toRecord(new KeptRun.Going(run));
        RunRecord stored = (RunRecord) kept.getKept();
        stored.setModel(asOlder(ModelMapping.toAvro(run.plan().model()), model));
        stored.setOutcomes(List.of(asOlder(ReportMapping.toAvro(run.outcomes().get(0)), outcome)));

        Run read = read(kept);

        ArtifactReference artifact = run.plan().model().artifact();
        assertThat(read.plan().model().artifact())
            .isEqualTo(new ArtifactReference(artifact.uri(), artifact.rootDigest()));
        assertThat(read.input().rootDigest()).contains("cd".repeat(32));
        assertThat(read.input().listingDigest()).isEmpty();
      }
    }
  }

  @Test
  void a_run_of_now_keeps_its_listings() throws IOException {
    Run read = read(RunRecords.toRecord(new KeptRun.Going(run())));

    assertThat(read.plan().model().artifact().listingDigest()).isEqualTo(LISTING);
    assertThat(read.input().listingDigest()).contains("89".repeat(32));
  }

  @Test
  void a_command_that_waits_is_read() throws IOException {
    StageCommand command = command();
    List<Schema> older = older(new StageCommand(), "input.listingDigest");
    SingleObject<StageCommand> encoding = StoredEncodings.ofEvent(new StageCommand());

    for (Schema version : older) {
      StageCommand read = encoding.decode(asOlder(command, version));
      assertThat(read.getInput().getRootDigest()).isEqualTo("cd".repeat(32));
      assertThat(read.getInput().getListingDigest()).isNull();
    }
    assertThat(encoding.decode(encoding.encode(command)).getInput().getListingDigest())
        .isEqualTo("89".repeat(32));
  }

  private static StageCommand command() {
    StageCommand command =
        CommandMapping.toAvro(Samples.job(1, "vision", 0, Samples.START), Samples.START);
    command.setInput(ModelMapping.toAvro(output().reference()));
    return command;
  }

  private Run read(KeptRunRecord kept) throws IOException {
    byte[] bytes =
        new BinaryMessageEncoder<KeptRunRecord>(SpecificData.get(), KeptRunRecord.getClassSchema())
            .encode(kept)
            .array();
    return wire.run().deserializer().deserialize("runs", bytes).going().orElseThrow();
  }

  /** The published versions in which a field is missing, by its path. */
  private static List<Schema> older(SpecificRecordBase prototype, String path) {
    List<Schema> older =
        PublishedSchemas.named(prototype.getSchema().getFullName()).stream()
            .filter(schema -> !has(schema, path))
            .toList();
    assertThat(older).isNotEmpty();
    return older;
  }

  private static boolean has(Schema schema, String path) {
    Schema at = schema;
    for (String name : path.split("\\.", -1)) {
      if (at.getField(name) == null) {
        return false;
      }
      at = at.getField(name).schema();
    }
    return true;
  }

  /** A record as an older version has it and would have written it. */
  private static ByteBuffer asOlder(SpecificRecordBase value, Schema older) throws IOException {
    byte[] bytes =
        new RawMessageEncoder<SpecificRecordBase>(value.getSpecificData(), value.getSchema())
            .encode(value)
            .array();
    GenericRecord old =
        new GenericDatumReader<GenericRecord>(value.getSchema(), older)
            .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
    return new BinaryMessageEncoder<GenericRecord>(GenericData.get(), older).encode(old);
  }

  private static Artifact output() {
    return new Artifact(
        "file:///out/",
        "cd".repeat(32),
        Optional.of("89".repeat(32)),
        10,
        ArtifactFiles.of(List.of()));
  }

  private static Run run() {
    RunPlan plan = Samples.plan("net", 2);
    var model = plan.model();
    var pinned =
        new io.espalier.streams.domain.model.Model(
            model.ref(),
            new ArtifactReference("file:///models/net", Optional.of("ab".repeat(32)), LISTING),
            model.task(),
            model.family(),
            model.parameters(),
            model.datasets(),
            model.labels(),
            model.origin());
    return new Run(
        plan.runId(),
        new RunPlan(plan.runId(), pinned, plan.policy(), plan.trace()),
        new RunState.Queued(Samples.START),
        new RunAttempts(new StageAttempt(1, 1), 1, 1, 0, 2, "token", new Deliveries(List.of())),
        List.of(
            new io.espalier.streams.domain.stage.StageOutcome(
                plan.policy().stages().get(0).kind(),
                1,
                output(),
                Samples.success("file:///out/").report())),
        new RunHistory(3, Samples.START, Samples.START, Optional.empty(), Duration.ZERO));
  }
}
