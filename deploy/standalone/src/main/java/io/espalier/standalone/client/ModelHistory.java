package io.espalier.standalone.client;

import io.espalier.event.ModelRegistered;
import io.espalier.event.PrunedModel;
import io.espalier.event.RegistrationAnswer;
import io.espalier.event.Run;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Origin of a model version, and what came of it.
 *
 * @param model its newest registration
 * @param registered all registrations that are known, those of other models included
 * @param pruned results that came of it or of its parent
 * @param answers what its registrations were answered
 * @param runs its runs
 */
record ModelHistory(
    ModelRegistered model,
    List<ModelRegistered> registered,
    List<PrunedModel> pruned,
    List<RegistrationAnswer> answers,
    List<Run> runs) {

  /**
   * Returns whether one model was made from another, by the digests that their registrations name.
   */
  static boolean isParent(ModelRegistered parent, ModelRegistered child) {
    String digest = child.getParentRootDigest();
    return digest != null && digest.equals(parent.getRootDigest());
  }

  /** Every registration of this version, in the order of their times. */
  List<ModelRegistered> registrations() {
    return registered.stream()
        .filter(each -> Models.version(each).equals(Models.version(model)))
        .sorted(Comparator.comparing(ModelRegistered::getRegisteredAt))
        .toList();
  }

  /** The registered version that it was made from, if Espalier made it. */
  Optional<ModelRegistered> parent() {
    return registered.stream()
        .filter(each -> isParent(each, model))
        .max(Comparator.comparing(ModelRegistered::getRegisteredAt));
  }

  /** The result that was registered as this version, if Espalier made it. */
  Optional<PrunedModel> madeAs() {
    return pruned.stream()
        .filter(each -> each.getArtifact().getRootDigest().equals(model.getRootDigest()))
        .findFirst();
  }

  /** The results that came of it. */
  List<PrunedModel> children() {
    return pruned.stream()
        .filter(
            each ->
                each.getModelName().equals(model.getName())
                    && each.getModelVersion().equals(model.getVersion()))
        .sorted(Comparator.comparing(PrunedModel::getPublishedAt))
        .toList();
  }

  /** The version as which a result was registered, if it was. */
  Optional<String> registeredAs(PrunedModel child) {
    return registered.stream()
        .filter(each -> child.getArtifact().getRootDigest().equals(each.getRootDigest()))
        .map(Models::version)
        .findFirst();
  }
}
