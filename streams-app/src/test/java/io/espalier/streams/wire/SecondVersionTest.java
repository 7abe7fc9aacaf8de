package io.espalier.streams.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.state.KeptRunRecord;
import io.espalier.schemas.PublishedSchemas;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.streams.domain.Samples;
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
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificData;
import org.junit.jupiter.api.Test;

/** What was kept before deliveries were counted is read: none was counted. */
final class SecondVersionTest {
  private final CoordinatorTopics wire =
      new CoordinatorTopics(new Topics("test.", SchemaRegistry.inMemory("second-version"), 1));

  @Test
  void a_run_is_read_as_one_whose_commands_were_never_delivered_again() throws IOException {
    KeptRun kept = new KeptRun.Going(run(new Deliveries(List.of(4, 2))));

    KeptRun read = wire.run().deserializer().deserialize("runs", asSecondVersion(kept));

    assertThat(read).isEqualTo(new KeptRun.Going(run(new Deliveries(List.of()))));
  }

  private static byte[] asSecondVersion(KeptRun kept) throws IOException {
    String pattern = "/io/espalier/streams/state/v%d/KeptRunRecord.avsc";
    Schema second = PublishedSchemas.numbered(StoredEncodings.class, pattern).get(1);
    ByteBuffer written =
        new BinaryMessageEncoder<KeptRunRecord>(SpecificData.get(), second)
            .encode(RunRecords.toRecord(kept));
    byte[] bytes = new byte[written.remaining()];
    written.get(bytes);
    return bytes;
  }

  private static Run run(Deliveries deliveries) {
    RunPlan plan = Samples.plan("net", 1);
    return new Run(
        plan.runId(),
        plan,
        new RunState.Queued(Samples.START),
        new RunAttempts(new StageAttempt(0, 2), 2, 0, 0, 2, "token", deliveries),
        List.of(),
        new RunHistory(3, Samples.START, Samples.START, Optional.empty(), Duration.ZERO));
  }
}
