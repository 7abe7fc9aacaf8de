package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Result;
import io.espalier.worker.algorithm.fastnas.Profiles;
import io.espalier.worker.algorithm.fastnas.Profiles.InputSize;
import io.espalier.worker.algorithm.gradnas.OutputForms;
import io.espalier.worker.algorithm.gradnas.WidthRules;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.ImageBlueprint;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.space.SizeProfile;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.model.TextModel;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The table of a search space, of a model directory or of a network that is known by name. */
public final class Profiling {
  /**
   * Request.
   *
   * @param algorithm as policies name it
   * @param divisor widths are multiples of it
   * @param rules what holds for single layers
   * @param input size of one image, if it is not the model's own
   * @param tokens length of one sequence, if not the longest
   * @param constraints bounds by name as in policies; may be empty
   */
  public record Request(
      String algorithm,
      int divisor,
      LayerRules rules,
      Optional<InputSize> input,
      OptionalInt tokens,
      Map<String, String> constraints) {
    /** A request; the map is copied. */
    public Request {
      constraints = Map.copyOf(constraints);
    }

    private Profiles.Request toProfiles() {
      return new Profiles.Request(divisor, rules, input, bounds());
    }

    private Optional<Constraints> bounds() {
      return constraints.isEmpty() ? Optional.empty() : Optional.of(Constraints.parse(constraints));
    }
  }

  private Profiling() {}

  /**
   * Profiles a model.
   *
   * @throws io.espalier.worker.domain.InvalidInputException with every problem of the model or the
   *     bounds
   */
  public static Result of(Path model, Request request) {
    ModelDirectory directory = ModelDirectory.open(model);
    return switch (request.algorithm()) {
      case "gradnas" -> gradNas(maskable(directory, request), request);
      case "minitron" ->
          result(
              request, SizeProfile.of(blueprint(maskable(directory, request)), request.bounds()));
      default -> result(request, Profiles.of(directory, request.toProfiles()));
    };
  }

  /**
   * Profiles a network that there need be no weights of.
   *
   * @param architecture its name as config.json has it
   * @throws io.espalier.worker.domain.InvalidInputException if it is not known, and with every
   *     problem of the bounds
   */
  public static Result of(String architecture, Request request) {
    return result(request, Profiles.of(architecture, request.toProfiles()));
  }

  private static MaskableModel maskable(ModelDirectory directory, Request request) {
    KnownModel known = KnownModel.of(directory);
    return known.input() instanceof TextInput
        ? text(directory, request)
        : known.maskable().orElseThrow(() -> withoutUnits(known));
  }

  private static NetworkBlueprint blueprint(MaskableModel model) {
    return model instanceof ImageTransformerModel images
        ? ImageBlueprint.of(images)
        : DecoderBlueprint.of((TextModel) model);
  }

  private static InvalidInputException withoutUnits(KnownModel model) {
    return new InvalidInputException(
        "gradnas and minitron prune attention heads and feed-forward neurons, but %s is of family %s, which has none; ask for fastnas"
            .formatted(model.directory().path(), model.family().name()));
  }

  private static TextModel text(ModelDirectory directory, Request request) {
    return request.tokens().isPresent()
        ? TextModel.of(directory, request.tokens().getAsInt())
        : TextModel.of(directory);
  }

  /** The space of the form of output that a policy gets which says nothing of it. */
  private static Result gradNas(MaskableModel model, Request request) {
    var rules = new WidthRules(false, request.divisor(), request.rules());
    var forms = OutputForms.of(model, rules, request.bounds());
    Profile profile = forms.first().profile(request.bounds());
    String form = forms.first().output().key();
    var text = new StringBuilder(text(profile)).append("\noutput: ").append(form);
    forms.passedOver().forEach(why -> text.append('\n').append(why));
    return Result.of(json(request, profile).put("output", form), text.toString());
  }

  private static Result result(Request request, Profile profile) {
    return Result.of(json(request, profile), text(profile));
  }

  private static ObjectNode json(Request request, Profile profile) {
    ObjectNode json = new ObjectMapper().createObjectNode().put("algorithm", request.algorithm());
    json.setAll(new ObjectMapper().<ObjectNode>valueToTree(profile.toMap()));
    return json;
  }

  private static String text(Profile profile) {
    var text = new StringBuilder(profile.toText());
    profile.shortfalls().forEach(missed -> text.append('\n').append(missed));
    return text.toString();
  }
}
