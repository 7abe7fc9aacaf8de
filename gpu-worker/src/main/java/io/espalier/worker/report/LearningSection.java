package io.espalier.worker.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.LearningChart;
import io.espalier.worker.report.chart.Markup;
import io.espalier.worker.report.chart.PictureWidth;
import io.espalier.worker.report.facts.LearningFacts;
import io.espalier.worker.report.facts.LearningFacts.Point;
import java.util.OptionalDouble;

/** The way of a training, as a page and as JSON. */
final class LearningSection {
  private LearningSection() {}

  static void write(LearningFacts learning, PageSections sections) {
    Point start = learning.points().get(0);
    Point best = learning.points().get(learning.best());
    Markup out =
        sections.open(
            "Learning",
            "On samples held out of the training data, judged %d times. %s"
                .formatted(
                    learning.points().size(),
                    learning.best() == 0
                        ? "Nothing on the way was better than the start, so the model goes out as"
                            + " it came."
                        : "The best, ringed, went out: that after step %d of %d, %s %s after %s at the start."
                            .formatted(
                                best.step(),
                                learning.points().get(learning.points().size() - 1).step(),
                                learning.measure(),
                                value(learning, best),
                                value(learning, start))));
    var measure =
        new LearningChart.Content(
            learning, learning.measure() + ", held out", Point::value, learning.teacher());
    PictureWidth.write(out, picture -> LearningChart.on(picture, measure));
    if (learning.points().size() > 1) {
      var loss =
          new LearningChart.Content(
              learning, "loss of the training, nats", Point::loss, OptionalDouble.empty());
      PictureWidth.write(out, picture -> LearningChart.on(picture, loss));
    }
    out.close();
  }

  private static String value(LearningFacts learning, Point point) {
    return Figures.of(point.value(), learning.unit());
  }

  /** The same as JSON, see {@link PruningJson}. */
  static ObjectNode json(LearningFacts learning) {
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("measure", learning.measure())
            .put("unit", learning.unit())
            .put("best", learning.best());
    learning.teacher().ifPresent(value -> PruningJson.put(node, "teacher", value));
    ArrayNode points = node.putArray("points");
    for (Point point : learning.points()) {
      ObjectNode one = points.addObject().put("step", point.step());
      PruningJson.put(one, "loss", point.loss());
      PruningJson.put(one, "value", point.value());
    }
    return node;
  }
}
