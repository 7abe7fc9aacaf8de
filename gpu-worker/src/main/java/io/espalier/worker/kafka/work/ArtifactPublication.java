package io.espalier.worker.kafka.work;

import io.espalier.event.Artifact;
import io.espalier.event.StageCommand;
import io.espalier.event.StageSucceeded;
import io.espalier.gate.BudgetForecast;
import io.espalier.schemas.PublishedSchemas;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ManifestFile;
import io.espalier.worker.checkpoint.store.ArtifactStore;
import io.espalier.worker.checkpoint.store.ArtifactStores;
import io.espalier.worker.checkpoint.store.Draft;
import io.espalier.worker.checkpoint.store.Published;
import io.espalier.worker.checkpoint.store.StoreMarker;
import io.espalier.worker.checkpoint.store.VerifiedInputs;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.StopCheck;
import io.espalier.worker.kafka.record.EventMapping;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.job.Folders;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publication of one attempt: the artifact {@code attempt-N-DIGEST}, and after it {@code
 * attempt-N-result} with the event that says so, for whoever gets the command again.
 *
 * <p>The result is not part of the artifact: it holds times, and the same input, spec and seed must
 * give the same digest.
 */
final class ArtifactPublication {
  private static final Logger LOGGER = LoggerFactory.getLogger(ArtifactPublication.class);
  private static final String RESULT_FILE = "result.json";
  private static final String MANIFEST_FILE = "manifest.json";
  private static final long LARGEST_RESULT = 64L << 20;
  private static final int DIGEST_DIGITS = 12;

  /**
   * Report on an output.
   *
   * @param forecast the budget that is foretold to pass the run's gates, if the output does not
   */
  record Told(StageResult result, Optional<BudgetForecast> forecast) {}

  private final StageCommand command;
  private final URI under;
  private final ArtifactStore store;
  private final StopCheck stop;

  private ArtifactPublication(StageCommand command, URI under, StopCheck stop) {
    this.command = command;
    this.under = under;
    this.store = ArtifactStores.of(under);
    this.stop = stop;
  }

  static ArtifactPublication of(StageCommand command, StopCheck stop) {
    return new ArtifactPublication(command, URI.create(command.getOutputUri()), stop);
  }

  /** The result that an earlier delivery of the command has published; unreadable is absent. */
  Optional<StageSucceeded> finished() {
    return store.find(under, resultName(), stop).flatMap(this::read);
  }

  /** Publishes an output, then the result. */
  StageSucceeded publish(Draft output, Told told, Path scratch) {
    String digest = output.manifest().rootDigest();
    String name =
        String.format(
            Locale.ROOT, "attempt-%d-%s", command.getAttempt(), digest.substring(0, DIGEST_DIGITS));
    Published published = store.publish(output, under, name, stop);
    return publishResult(published, told, scratch);
  }

  /**
   * Publishes the result of a stage that leaves its input as it is: the input is the output. At the
   * end of a run it is copied, unless it lies in a store under its digest already: what is
   * published must not change, and what somebody has registered is theirs to change.
   */
  StageSucceeded publishUnchanged(VerifiedInputs.Verified input, StageResult result, Path scratch) {
    var told = new Told(result, Optional.empty());
    if (isLastStage() && !isPublished(input)) {
      return publish(Draft.toCopy(input.directory(), input.manifest()), told, scratch);
    }
    URI uri = URI.create(command.getInput().getUri());
    return publishResult(new Published(uri, input.manifest()), told, scratch);
  }

  /** Older coordinators do not say how many stages there are: then any may be the last. */
  private boolean isLastStage() {
    return command.getStageIndex() + 1 >= command.getStageCount();
  }

  private static boolean isPublished(VerifiedInputs.Verified model) {
    String digest = model.manifest().rootDigest().substring(0, DIGEST_DIGITS);
    return model.directory().getFileName().toString().matches("attempt-\\d+-" + digest)
        && StoreMarker.contains(model.directory());
  }

  private StageSucceeded publishResult(Published artifact, Told told, Path scratch) {
    try {
      Path folder = Files.createDirectories(scratch.resolve("result"));
      var success =
          new StageSucceeded(
              described(artifact, folder), EventMapping.report(told.result(), told.forecast()));
      write(success, folder.resolve(RESULT_FILE));
      store.publish(Draft.toMove(folder, Manifest.of(folder)), under, resultName(), stop);
      return success;
    } catch (InvalidInputException e) {
      // Another worker that had the command at the same time was first; its result is the one.
      return finished().orElseThrow(() -> e);
    } catch (IOException e) {
      throw new UncheckedIOException("could not write a result in " + scratch, e);
    }
  }

  /** The artifact as events name it; a long list of files goes beside the result. */
  private Artifact described(Published artifact, Path resultFolder) {
    Manifest manifest = artifact.manifest();
    if (manifest.files().size() <= EventMapping.MOST_FILES) {
      return EventMapping.artifact(artifact.uri(), manifest);
    }
    ManifestFile.write(resultFolder.resolve(MANIFEST_FILE), manifest);
    String place = command.getOutputUri().replaceAll("/+$", "");
    return EventMapping.artifact(
        artifact.uri(), manifest, URI.create(place + "/" + resultName() + "/" + MANIFEST_FILE));
  }

  private String resultName() {
    return "attempt-" + command.getAttempt() + "-result";
  }

  /**
   * The name of the artifact that the result beside an attempt's artifact names, if it can tell.
   */
  static Optional<String> winner(Path artifact, int attempt) {
    return output(artifact.resolveSibling("attempt-" + attempt + "-result"))
        .map(uri -> String.valueOf(Path.of(uri.getPath()).getFileName()));
  }

  /** The URI that the result in a directory names, if it can be read. */
  static Optional<URI> output(Path directory) {
    Path result = directory.resolve(RESULT_FILE);
    return Files.isRegularFile(result)
        ? read(result).map(success -> URI.create(success.getOutput().getUri()))
        : Optional.empty();
  }

  private Optional<StageSucceeded> read(Published published) {
    try {
      Path scratch = Files.createTempDirectory("espalier-result-");
      try {
        return read(store.fetch(published.uri(), scratch, stop).resolve(RESULT_FILE));
      } finally {
        Folders.delete(scratch);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("could not make a folder for temporary files", e);
    }
  }

  private static Optional<StageSucceeded> read(Path file) {
    try {
      if (Files.size(file) > LARGEST_RESULT) {
        throw new IOException("%d bytes are no result".formatted(Files.size(file)));
      }
      return Optional.of(read(Files.readAllBytes(file)));
    } catch (IOException | AvroRuntimeException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("file", file).log("unreadable result");
      return Optional.empty();
    }
  }

  /** As the newest version that fits wrote it: in JSON a field that is not there is an error. */
  private static StageSucceeded read(byte[] json) throws IOException {
    List<Schema> versions =
        new ArrayList<>(PublishedSchemas.named(StageSucceeded.getClassSchema().getFullName()));
    Collections.reverse(versions);
    for (Schema version : versions) {
      try {
        return read(json, version);
      } catch (IOException | AvroRuntimeException e) {
        LOGGER.atDebug().setCause(e).log("a result of another version");
      }
    }
    return read(json, StageSucceeded.getClassSchema());
  }

  private static StageSucceeded read(byte[] json, Schema writer) throws IOException {
    var decoder = DecoderFactory.get().jsonDecoder(writer, new ByteArrayInputStream(json));
    return new SpecificDatumReader<StageSucceeded>(writer, StageSucceeded.getClassSchema())
        .read(null, decoder);
  }

  private static void write(StageSucceeded success, Path file) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var encoder = EncoderFactory.get().jsonEncoder(StageSucceeded.getClassSchema(), bytes);
    new SpecificDatumWriter<>(StageSucceeded.class).write(success, encoder);
    encoder.flush();
    Files.write(file, bytes.toByteArray());
  }
}
