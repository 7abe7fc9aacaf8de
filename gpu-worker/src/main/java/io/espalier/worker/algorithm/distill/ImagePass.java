package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/** Pass of a network that reads images; its places are its sections. */
record ImagePass(VisionFamily family, Mode mode) implements NetworkPass<NDArray> {
  @Override
  public int places(Weights weights) {
    return family.sections(weights).size();
  }

  @Override
  public Said forward(Weights weights, NDArray images, Set<Tap> taps) {
    var states = new LinkedHashMap<Tap, NDArray>();
    List<Section> sections = family.sections(weights);
    NDArray x = images;
    for (int i = 0; i < sections.size(); i++) {
      x = sections.get(i).forward(x, mode);
      if (taps.contains(Tap.state(i))) {
        states.put(Tap.state(i), x);
      }
    }
    return new Said(x, states);
  }
}
