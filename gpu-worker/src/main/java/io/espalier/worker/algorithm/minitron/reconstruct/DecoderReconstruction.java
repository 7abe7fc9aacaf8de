package io.espalier.worker.algorithm.minitron.reconstruct;

import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward;
import io.espalier.worker.algorithm.minitron.measure.MemoryLimits;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.reconstruct.SolvedLayers;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.job.Reconstruction.Version;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Reconstruction of a cut decoder from files to files, layer after layer in forward order, and the
 * choice of what goes out: the plain cut or the solved model, whichever is closer to the original
 * on the sequences that were held out.
 *
 * @param blueprint of the original
 * @param subnet what was left of it
 * @param data what is solved on
 * @param settings how many sequences, and how much memory they may take
 */
public record DecoderReconstruction(
    DecoderBlueprint blueprint, Subnet subnet, TextDataset data, ActivationSettings settings) {
  /** Changes whenever results may. */
  private static final String VERSION = "1";

  private static final String PHASE = "reconstructing layers";

  /** Sequences of a batch of which one is held out. */
  private static final int FEWEST = 4;

  /**
   * Reconstructs.
   *
   * @param made the cut model's files, which get the solved tensors if these are better
   * @param checkpoints directory for what is solved for, with which a later attempt goes on
   * @throws io.espalier.worker.domain.InvalidInputException if an activation is no finite number
   */
  public Reconstruction run(ModelDirectory made, Path checkpoints, Progress.Listener progress) {
    var solved = new SolvedLayers(checkpoints, "minitron", fingerprint());
    SolvedTexts texts = texts();
    try (var streams = new StreamPair(blueprint, subnet.units(), texts, room(), checkpoints)) {
      var layers = new ArrayList<LayerReconstruction>();
      var walk = new Walk(streams, solved);
      for (int i = 0; i < subnet.layers().size(); i++) {
        layers.addAll(walk.layer(i));
        progress.report(Progress.of(PHASE, i + 1, subnet.layers().size()));
      }
      var end = new EndReconstruction(streams, solved);
      layers.addAll(end.run());
      var divergence = new HeldOutDivergence(streams, end);
      double closeness = divergence.ofSolved();
      var done =
          new Reconstruction(
              layers,
              List.of(
                  new Version(Reconstruction.PLAIN, plain(divergence, texts, checkpoints)),
                  new Version(Reconstruction.RECONSTRUCTED, closeness)),
              heldOut(texts));
      if (done.isUsed()) {
        var target = new SolvedLayers.Target(made, renamed());
        subnet.layers().forEach(layer -> solved.write(layer, 0, target));
        end.write(target);
      }
      subnet.layers().forEach(solved::delete);
      end.delete();
      return done;
    }
  }

  /**
   * Returns what each of the texts in the original, in the solved and in the plainly cut model may
   * take.
   */
  private MemoryLimits room() {
    return MemoryLimits.of(settings.stateBytes() / 3);
  }

  private SolvedTexts texts() {
    TextDataset drawn = data.drawn(data.examples(), settings.seed());
    long all = (long) settings.batches() * settings.batchSize();
    int sequences = (int) Math.min(all, drawn.size());
    return new SolvedTexts(drawn, sequences, Math.max(FEWEST, settings.batchSize()));
  }

  private static long heldOut(SolvedTexts texts) {
    long sequences = 0;
    for (int batch = 0; batch < texts.count(); batch++) {
      sequences += texts.rows(batch) - texts.firstHeldOut(batch);
    }
    return sequences;
  }

  /** That of the model as it was cut. */
  private double plain(HeldOutDivergence divergence, SolvedTexts texts, Path checkpoints) {
    try (var model = new LayerwiseForward(blueprint, texts.heldOut(), room(), checkpoints)) {
      model.run(subnet.units(), subnet.layers());
      return divergence.ofCut(model);
    }
  }

  /** Returns what the cut model calls tensors, by the original's numbers of layers. */
  private UnaryOperator<String> renamed() {
    Axis counted = blueprint.architecture().stacks().get(0).axis();
    int[] layers = subnet.layers().stream().mapToInt(Integer::intValue).toArray();
    Map<String, String> names = blueprint.architecture().names(Kept.all().with(counted, layers));
    return name -> Objects.requireNonNull(names.get(name), name);
  }

  private String fingerprint() {
    var all =
        new Fingerprint()
            .add("minitron reconstruction " + VERSION)
            .add(PyTorch.device())
            .add(blueprint.model().directory().digests().forward())
            .add(data.fingerprint())
            .add("batches %d of %d".formatted(settings.batches(), settings.batchSize()))
            .add("seed " + settings.seed())
            .add("layers " + subnet.layers());
    new TreeMap<>(subnet.units().units())
        .forEach((axis, units) -> all.add(axis).add(Arrays.toString(units)));
    return all.hex();
  }

  /** Both models on their way. */
  private final class Walk {
    private final StreamPair streams;
    private final SolvedLayers solved;
    private boolean changed;

    Walk(StreamPair streams, SolvedLayers solved) {
      this.streams = streams;
      this.solved = solved;
      this.changed = streams.isNarrower();
      advance(0, subnet.layers().get(0));
    }

    /** Passes the original's texts through layers that the cut model has not. */
    private void advance(int from, int to) {
      for (int layer = from; layer < to; layer++) {
        changed = true;
        try (Weights original = streams.wanted().layer(layer, Kept.all())) {
          streams.wanted().advance(layer, original);
        }
      }
    }

    /** Solves for one of the layers that stay, and goes on behind it. */
    List<LayerReconstruction> layer(int index) {
      int layer = subnet.layers().get(index);
      try (Weights cut = streams.found().layer(layer, subnet.units())) {
        var known = solved.load(layer, cut);
        List<LayerReconstruction> found =
            known.isPresent() ? passed(index, known.get()) : solve(index, cut);
        if (known.isEmpty()) {
          solved.save(layer, found, cut);
        }
        streams.found().advance(layer, cut);
        return found;
      }
    }

    /** Passes both by a layer that an earlier attempt has solved for. */
    private List<LayerReconstruction> passed(int index, List<LayerReconstruction> known) {
      int layer = subnet.layers().get(index);
      try (Weights original = streams.wanted().layer(layer, Kept.all())) {
        streams.wanted().advance(layer, original);
      }
      changed |= attentionCut(layer) || neuronsCut(layer);
      advance(layer + 1, next(index));
      return known;
    }

    /** The next layer that stays; the number of all behind the last. */
    private int next(int index) {
      return index + 1 < subnet.layers().size()
          ? subnet.layers().get(index + 1)
          : blueprint.blocks().size();
    }

    private List<LayerReconstruction> solve(int index, Weights cut) {
      int layer = subnet.layers().get(index);
      var block = new BlockReconstruction(streams, layer, cut);
      var reports = new ArrayList<LayerReconstruction>();
      try (Weights original = streams.wanted().layer(layer, Kept.all())) {
        List<NormReaders> readers = streams.isNarrower() ? block.readers() : List.of();
        readers.stream().limit(1).forEach(each -> reports.addAll(block.readers(each, original)));
        changed |= attentionCut(layer);
        if (changed) {
          block.attention(original).ifPresent(reports::add);
        }
        readers.stream().skip(1).forEach(each -> reports.addAll(block.readers(each, original)));
        changed |= neuronsCut(layer);
        streams.wanted().advance(layer, original);
      }
      advance(layer + 1, next(index));
      if (changed) {
        reports.addAll(block.neurons());
      }
      return reports;
    }

    private boolean attentionCut(int layer) {
      return isCut(blueprint.heads(layer)) || isCut(blueprint.groups(layer));
    }

    private boolean neuronsCut(int layer) {
      return blueprint
          .experts(layer)
          .map(
              experts ->
                  isCut(experts.counted())
                      || experts.neurons().stream().anyMatch(this::isCut)
                      || experts.shared().stream().anyMatch(this::isCut))
          .orElseGet(() -> isCut(blueprint.neurons(layer)));
    }

    private boolean isCut(Axis axis) {
      return subnet.units().width(axis) < axis.units();
    }
  }
}
