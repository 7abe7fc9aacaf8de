package io.espalier.worker.kafka;

import io.espalier.event.Artifact;
import io.espalier.event.StageCommand;
import io.espalier.event.StageSucceeded;
import io.espalier.worker.checkpoint.ArtifactStore;
import io.espalier.worker.checkpoint.ArtifactStores;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.Published;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.stage.Folders;
import io.espalier.worker.stage.StageResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one attempt publishes: the artifact {@code attempt-N-DIGEST}, and after it {@code
 * attempt-N-result} with the event that says so, for whoever gets the command again.
 *
 * <p>The result is not part of the artifact: it holds times, and the same input, spec and seed must
 * give the same digest.
 */
final class Publication {
  private static final Logger LOGGER = LoggerFactory.getLogger(Publication.class);
  private static final String RESULT_FILE = "result.json";
  private static final int DIGEST_DIGITS = 12;

  private final StageCommand command;
  private final URI under;
  private final ArtifactStore store;

  private Publication(StageCommand command, URI under) {
    this.command = command;
    this.under = under;
    this.store = ArtifactStores.of(under);
  }

  static Publication of(StageCommand command) {
    return new Publication(command, URI.create(command.getOutputUri()));
  }

  /** The result that an earlier delivery of the command has published; unreadable is absent. */
  Optional<StageSucceeded> finished() {
    return store.find(under, resultName()).flatMap(this::read);
  }

  /** Publishes an output, then the result. */
  StageSucceeded publish(Path output, StageResult result, Path scratch) {
    String digest = Manifest.of(output).rootDigest();
    String name =
        String.format(
            Locale.ROOT, "attempt-%d-%s", command.getAttempt(), digest.substring(0, DIGEST_DIGITS));
    Published published = store.publish(output, under, name);
    return publishResult(
        EventMapping.artifact(published.uri(), published.manifest()), result, scratch);
  }

  /** Publishes the result of a stage that leaves its input as it is: the input is the output. */
  StageSucceeded publishUnchanged(Manifest input, StageResult result, Path scratch) {
    URI uri = URI.create(command.getInput().getUri());
    return publishResult(EventMapping.artifact(uri, input), result, scratch);
  }

  private StageSucceeded publishResult(Artifact artifact, StageResult result, Path scratch) {
    var success = new StageSucceeded(artifact, EventMapping.report(result));
    try {
      Path folder = Files.createDirectories(scratch.resolve("result"));
      write(success, folder.resolve(RESULT_FILE));
      store.publish(folder, under, resultName());
      return success;
    } catch (InvalidInputException e) {
      // Another worker that had the command at the same time was first; its result is the one.
      return finished().orElseThrow(() -> e);
    } catch (IOException e) {
      throw new UncheckedIOException("could not write a result in " + scratch, e);
    }
  }

  private String resultName() {
    return "attempt-" + command.getAttempt() + "-result";
  }

  private Optional<StageSucceeded> read(Published published) {
    try {
      Path scratch = Files.createTempDirectory("espalier-result-");
      Path folder = store.fetch(published.uri(), Optional.empty(), scratch);
      try (InputStream file = Files.newInputStream(folder.resolve(RESULT_FILE))) {
        var decoder = DecoderFactory.get().jsonDecoder(StageSucceeded.getClassSchema(), file);
        return Optional.of(new SpecificDatumReader<>(StageSucceeded.class).read(null, decoder));
      } finally {
        Folders.delete(scratch);
      }
    } catch (IOException | AvroRuntimeException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("uri", published.uri()).log("unreadable result");
      return Optional.empty();
    }
  }

  private static void write(StageSucceeded success, Path file) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var encoder = EncoderFactory.get().jsonEncoder(StageSucceeded.getClassSchema(), bytes);
    new SpecificDatumWriter<>(StageSucceeded.class).write(success, encoder);
    encoder.flush();
    Files.write(file, bytes.toByteArray());
  }
}
