package io.espalier.worker.model.convnet;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.family.Loaders;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.TimmConfig;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Networks of mobile blocks, of timm.
 *
 * <p>Sources: those of {@link MobileDesign}.
 *
 * @param what one of them, in words
 * @param names wider than what is known here, so that the others are refused with a reason
 * @param variants what a name stands for, if it is known
 * @param known what can be asked for, in words
 */
public record MobileFamily(
    String name,
    String what,
    Pattern names,
    Function<String, Optional<MobileVariant>> variants,
    String known)
    implements VisionFamily {

  /** MobileNet V2 and V3. */
  public static final MobileFamily MOBILENET =
      new MobileFamily(
          "mobilenet",
          "a MobileNet",
          Pattern.compile("(tf_)?mobilenetv[23]_.*"),
          MobileVariant::mobileNet,
          MobileVariant.KNOWN_MOBILENETS);

  /** EfficientNet B0 to B8. */
  public static final MobileFamily EFFICIENTNET =
      new MobileFamily(
          "efficientnet",
          "an EfficientNet",
          Pattern.compile("(tf_)?efficientnet_.*"),
          MobileVariant::efficientNet,
          MobileVariant.KNOWN_EFFICIENTNETS);

  @Override
  public boolean accepts(JsonNode config) {
    return names.matcher(TimmConfig.architectureOf(config)).matches();
  }

  @Override
  public InputSpec input(JsonNode config) {
    variant(TimmConfig.architectureOf(config));
    return InputSpec.of(config, InputSpec.IMAGENET);
  }

  @Override
  public List<String> loadsIn(JsonNode config) {
    return Loaders.withTimm(config);
  }

  @Override
  public Architecture architecture(JsonNode config, Map<String, long[]> shapes) {
    return MobileArchitecture.of(name, variant(TimmConfig.architectureOf(config)), config, shapes);
  }

  @Override
  public List<Section> sections(Weights weights) {
    return MobileNetwork.sections(variant(weights.architecture().name()), weights);
  }

  private MobileVariant variant(String architecture) {
    return TimmConfig.known(variants.apply(architecture), architecture, what, known);
  }
}
