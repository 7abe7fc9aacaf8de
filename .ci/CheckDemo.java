import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Checks what {@code espalier demo -o json} printed, and that the artifact it names is there. */
public final class CheckDemo {
  private static final List<String> FIGURES =
      List.of("parameters", "flops", "bytes", "accuracyAsCut", "accuracy", "latencyMillis");

  private final JsonNode demo;
  private final List<String> failures = new ArrayList<>();
  private int checks;

  private CheckDemo(JsonNode demo) {
    this.demo = demo;
  }

  public static void main(String[] arguments) throws IOException {
    var check = new CheckDemo(new ObjectMapper().readTree(Path.of(arguments[0]).toFile()));
    check.run();
    check.failures.forEach(failure -> System.out.println("demo: " + failure));
    System.out.printf(
        "%d passed, %d failed%n", check.checks - check.failures.size(), check.failures.size());
    System.exit(check.failures.isEmpty() ? 0 : 1);
  }

  private void run() {
    that(demo.path("state").asText().equals("PUBLISHED"), "state is not PUBLISHED");
    for (String key : List.of("runId", "model", "policy")) {
      that(!demo.path(key).asText().isEmpty(), key + " is missing");
    }
    for (String figure : FIGURES) {
      that(figure("before", figure) > 0, "before." + figure + " is missing");
      that(figure("after", figure) > 0, "after." + figure + " is missing");
    }
    that(figure("before", "accuracy") > 0.95, "the demo's model reaches less than 95 %");
    that(figure("after", "flops") <= 0.6 * figure("before", "flops"), "over 60 % of the FLOPs");
    that(figure("after", "parameters") < figure("before", "parameters"), "not smaller");
    that(figure("after", "bytes") < figure("before", "bytes"), "not fewer bytes");
    that(demo.path("stages").size() == 2, "not two stages");
    double reconstructed = demo.at("/stages/0/after/accuracy").asDouble(-1);
    that(
        reconstructed > figure("after", "accuracyAsCut") + 0.05,
        "reconstruction brought less than 5 points back");
    that(
        demo.at("/stages/1/kind").asText().equals("distill")
            && demo.at("/stages/1/before/accuracy").asDouble(-1) == reconstructed,
        "distillation did not begin with what was reconstructed");
    that(
        figure("after", "accuracy") >= reconstructed - 0.005,
        "distillation left less than it was given, by more than ten of 2,000 images");
    that(
        demo.path("artifact").path("rootDigest").asText().matches("[0-9a-f]{64}"),
        "artifact.rootDigest is not a SHA-256");
    Path artifact = Path.of(URI.create(demo.path("artifact").path("uri").asText("file:///none")));
    for (String file :
        List.of(
            "config.json", "model.safetensors", "espalier.json", "report.html", "report.json")) {
      that(Files.isRegularFile(artifact.resolve(file)), file + " is not in " + artifact);
    }
  }

  private double figure(String side, String name) {
    return demo.path(side).path(name).asDouble(-1);
  }

  private void that(boolean holds, String otherwise) {
    checks++;
    if (!holds) {
      failures.add(otherwise + " in " + demo);
    }
  }
}
