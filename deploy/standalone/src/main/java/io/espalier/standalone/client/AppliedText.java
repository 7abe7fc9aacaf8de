package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.client.Publishing.Applied;
import io.espalier.standalone.client.Publishing.PolicyChange;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import java.util.List;

/** Text for people who apply policies. */
final class AppliedText {
  private static final int NAMED = 5;
  private static final String LATER =
      "\n"
          + "models that are registered already are not optimized by it; register them again to"
          + " have that";

  private AppliedText() {}

  /**
   * Returns what was done, or would be.
   *
   * @param registered the models that are known, to say which of them would match
   * @param pools to warn of those that do not work
   */
  static Result of(
      List<Applied> applied, Registrations registered, PoolReadiness pools, boolean dryRun) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("dryRun", dryRun);
    var nodes = json.putArray("policies");
    var table = new TextTable("policy", "generation", "change", "registered models it accepts");
    for (Applied each : applied) {
      List<String> models =
          PolicyVerdict.read(each.inForce()).map(registered::acceptedBy).orElse(List.of());
      boolean known = !dryRun || each.change() == PolicyChange.UNCHANGED;
      ObjectNode node = nodes.addObject().put("name", each.inForce().getName());
      if (known) {
        node.put("generation", each.inForce().getGeneration());
      }
      models.forEach(node.put("change", Events.lower(each.change())).putArray("matches")::add);
      table.row(
          each.inForce().getName(),
          known ? Long.toString(each.inForce().getGeneration()) : "-",
          Events.lower(each.change()),
          some(models));
    }
    List<String> warnings = warnings(applied, pools);
    warnings.forEach(json.putArray("warnings")::add);
    return Result.of(json, text(table, warnings, applied, dryRun))
        .withNames(applied.stream().map(each -> each.inForce().getName()).toList());
  }

  private static String text(
      TextTable table, List<String> warnings, List<Applied> applied, boolean dryRun) {
    var text = new StringBuilder(table.toString());
    warnings.forEach(warning -> text.append("\nwarning: ").append(warning));
    if (dryRun) {
      text.append("\nnothing was changed, since this is a dry run");
    } else if (applied.stream().anyMatch(each -> each.change() != PolicyChange.UNCHANGED)) {
      text.append(LATER);
    }
    return text.toString();
  }

  private static List<String> warnings(List<Applied> applied, PoolReadiness pools) {
    return applied.stream()
        .map(Applied::inForce)
        .flatMap(
            policy ->
                pools
                    .problem(policy.getPool())
                    .map(problem -> "policy '%s': %s".formatted(policy.getName(), problem))
                    .stream())
        .toList();
  }

  /** A few names and how many there are. */
  private static String some(List<String> models) {
    if (models.isEmpty()) {
      return "none";
    }
    String named = String.join(", ", models.subList(0, Math.min(NAMED, models.size())));
    return models.size() > NAMED ? "%s and %d more".formatted(named, models.size() - NAMED) : named;
  }
}
