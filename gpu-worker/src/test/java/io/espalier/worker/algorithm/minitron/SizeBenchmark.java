package io.espalier.worker.algorithm.minitron;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.minitron.cut.DepthCriterion;
import io.espalier.worker.algorithm.minitron.cut.LayerSelection;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.cut.SubnetScoring;
import io.espalier.worker.algorithm.minitron.cut.SubnetWriter;
import io.espalier.worker.algorithm.minitron.cut.UniformCutting;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImportanceCriterion;
import io.espalier.worker.algorithm.minitron.measure.LayerActivationScores;
import io.espalier.worker.algorithm.minitron.measure.MemoryLimits;
import io.espalier.worker.algorithm.minitron.measure.ScoreAggregation;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.reconstruct.DecoderReconstruction;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.LayerExperts;
import io.espalier.worker.algorithm.minitron.size.SizeDivisors;
import io.espalier.worker.algorithm.minitron.size.TargetSizes;
import io.espalier.worker.algorithm.minitron.space.CandidateSpace;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.train.TextObjective;
import io.espalier.worker.algorithm.train.TextTraining;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.DemoText;
import io.espalier.worker.zoo.DrawnText;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Compares ways to choose what goes from a small model that was trained on the zoo's tales:
 * Minitron, units or layers at random, and those of the smallest weights. Of a Llama, at 30 and 50
 * % fewer parameters by width, and by depth; of a model with experts, by fewer of those and of
 * their neurons. Sizes are the same for all; the loss is measured right after cutting and after the
 * same short training, and told as what is left over the floor that no model gets below.
 */
public final class SizeBenchmark {
  private static final int BATCHES = 32;
  private static final int BATCH_SIZE = 8;
  private static final int TRAINED = 800;
  private static final double LEARNING_RATE = 1e-3;
  private static final long STATE_BYTES = 1L << 30;

  /** A choice by Minitron whose layers are solved for anew after the cut. */
  private static final String RECONSTRUCTED = "reconstructed";

  private static final double DEVIATION = 0.07; // the zoo's at this hidden size

  /** Two of eight experts for each token, and one that all share, in every layer. */
  private static final String EXPERTS =
      """
      {"model_type": "qwen2_moe", "architectures": ["Qwen2MoeForCausalLM"], "vocab_size": %d,
       "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
       "num_key_value_heads": 2, "num_experts": 8, "num_experts_per_tok": 2,
       "moe_intermediate_size": 64, "shared_expert_intermediate_size": 64,
       "max_position_embeddings": 64, "bos_token_id": 5, "eos_token_id": 5, "dtype": "float32"}
      """;

  private final Path folder;
  private final DecoderBlueprint blueprint;
  private final TextDataset train;
  private final TextDataset test;
  private final double floor;
  private final Map<String, List<double[]>> results = new LinkedHashMap<>();

  private SizeBenchmark(Path folder) {
    this.folder = folder;
    this.blueprint =
        DecoderBlueprint.of(TextModel.of(ModelDirectory.open(folder.resolve("model"))));
    this.train = texts(blueprint.model(), folder, "train");
    this.test = texts(blueprint.model(), folder, "test");
    this.floor = DrawnText.floorOfTales(DemoText.TALES.data().test(), DemoText.TALES.data().seed());
  }

  private static TextDataset texts(TextModel model, Path folder, String split) {
    return TextDatasets.open(
        URI.create(folder.resolve("data").toUri() + "?split=" + split),
        model.network().input(),
        model.directory().path(),
        TextSettings.USUAL);
  }

  /**
   * Prints a line for each seed, size and choice, and the means.
   *
   * @param arguments number of seeds; {@code llama} or {@code experts}; a directory that an earlier
   *     run has left, without which a model is trained first, or {@code new}; and {@code
   *     reconstructed} for Minitron's choice alone, as it was cut and solved for
   */
  public static void main(String[] arguments) throws IOException {
    int seeds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    boolean experts = arguments.length > 1 && arguments[1].equals("experts");
    Path folder;
    if (arguments.length > 2 && !arguments[2].equals("new")) {
      folder = Path.of(arguments[2]);
    } else {
      folder = Files.createTempDirectory("size-benchmark");
      if (experts) {
        trainExperts(folder);
      } else {
        Zoo.train(DemoText.TALES, folder, Progress.Listener.NONE);
      }
    }
    new SizeBenchmark(folder)
        .run(seeds, arguments.length > 3 && arguments[3].equals(RECONSTRUCTED));
  }

  /** Trains a model with experts as the zoo trains its Llama. */
  private static void trainExperts(Path folder) throws IOException {
    DemoText tales = DemoText.TALES;
    Zoo.writeTexts(
        tales.kind(),
        folder.resolve("data"),
        tales.data().train(),
        tales.data().test(),
        tales.data().seed());
    Path start = folder.resolve("start");
    Path model = folder.resolve("model");
    Zoo.writeRandomModel("llama_tiny", start, Optional.empty(), 1); // for its tokenizer
    var json = new ObjectMapper();
    int vocabulary =
        json.readTree(start.resolve("config.json").toFile()).path("vocab_size").asInt();
    JsonNode config = json.readTree(EXPERTS.formatted(vocabulary));
    SafetensorsWriter.write(start.resolve("model.safetensors"), random(config));
    Files.createDirectories(model);
    for (Path directory : List.of(start, model)) {
      json.writeValue(directory.resolve("config.json").toFile(), config);
    }
    Files.copy(start.resolve("tokenizer.json"), model.resolve("tokenizer.json"));
    TextModel untrained = TextModel.of(ModelDirectory.open(start));
    new TextTraining(
            untrained,
            texts(untrained, folder, "train"),
            texts(untrained, folder, "test"),
            tales.training())
        .run(model.resolve("model.safetensors"), Progress.Listener.NONE);
  }

  /** As the zoo begins: matrices normal, biases 0, normalisations the identity. */
  private static Map<String, TensorData> random(JsonNode config) {
    var random = new Random(11);
    var tensors = new LinkedHashMap<String, TensorData>();
    Families.text(config)
        .network(config)
        .architecture(Map.of(), 1)
        .shapes()
        .forEach(
            (name, shape) -> {
              ByteBuffer numbers =
                  ByteBuffer.allocate(Math.toIntExact(DType.F32.bytes(shape)))
                      .order(ByteOrder.LITTLE_ENDIAN);
              double same = name.endsWith("norm.weight") ? 1 : 0;
              while (numbers.hasRemaining()) {
                numbers.putFloat(
                    (float) (shape.length > 1 ? DEVIATION * random.nextGaussian() : same));
              }
              tensors.put(name, new TensorData(DType.F32, shape, numbers.flip()));
            });
    return tensors;
  }

  private void run(int seeds, boolean reconstructed) throws IOException {
    print("%s; floor %.4f nats per token; losses are over it", PyTorch.device(), floor);
    try (Weights original = Weights.load(blueprint.model().directory(), blueprint.architecture())) {
      print("original: %.4f, %s", loss(blueprint.model(), original), blueprint.sizes());
      for (long seed = 1; seed <= seeds; seed++) {
        Map<String, ActivationScores> choices = new LinkedHashMap<>();
        choices.put(
            "Minitron", minitron(seed, ImportanceCriterion.CONTRIBUTION, ScoreAggregation.MEAN));
        if (reconstructed) {
          choices.put(RECONSTRUCTED, choices.get("Minitron"));
        } else {
          addOthers(choices, original, seed);
        }
        if (blueprint.sparseLayers().isEmpty()) {
          compareLayers(choices, seed);
        } else {
          compareExperts(choices, seed);
        }
      }
    }
    results.forEach(
        (name, all) ->
            print("mean of %d seeds, %s: %.4f / %.4f", seeds, name, mean(all, 0), mean(all, 1)));
  }

  private void addOthers(Map<String, ActivationScores> choices, Weights original, long seed) {
    choices.put(
        "l2 over tokens", minitron(seed, ImportanceCriterion.CONTRIBUTION, ScoreAggregation.L2));
    choices.put(
        "activation alone", minitron(seed, ImportanceCriterion.ACTIVATION, ScoreAggregation.MEAN));
    choices.put("random", random(seed));
    choices.put("magnitude", magnitude(original));
  }

  private void compareLayers(Map<String, ActivationScores> choices, long seed) throws IOException {
    for (int percent : new int[] {70, 50}) {
      compare("width %d %%".formatted(percent), narrow(percent), choices, seed);
      DecoderSizes found = search(percent, choices.get("Minitron"), seed);
      compare("search %d %%".formatted(percent), found, choices, seed);
    }
    for (int layers : new int[] {4, 3}) {
      for (var choice : choices.entrySet()) {
        int[] first = UnitSelection.first(choice.getValue().distances(), layers);
        compare(
            "%d layers, %s".formatted(layers, choice.getKey()),
            Kept.all(),
            IntStream.of(first).boxed().toList(),
            seed);
      }
      List<Integer> left = block(choices.get("Minitron"), layers, seed);
      String blocks = "%d layers, Minitron by blocks".formatted(layers);
      compare(blocks, Kept.all(), left, seed);
      if (choices.containsKey(RECONSTRUCTED)) {
        compare(blocks + ", " + RECONSTRUCTED, Kept.all(), left, seed);
      }
    }
  }

  private void compareExperts(Map<String, ActivationScores> choices, long seed) throws IOException {
    SizeDivisors divisors = SizeDivisors.Asked.NOTHING.ofExport(blueprint.sizes());
    for (Map<DecoderDimension, Integer> asked :
        List.of(
            Map.of(DecoderDimension.EXPERTS, 4),
            Map.of(DecoderDimension.EXPERTS, 2),
            Map.of(DecoderDimension.EXPERT_NEURONS, 8),
            Map.of(DecoderDimension.SHARED_NEURONS, 8))) {
      compare(
          asked.toString(), new TargetSizes(asked).of(blueprint, divisors, true), choices, seed);
    }
    DecoderSizes found = search(60, choices.get("Minitron"), seed);
    compare("search 60 %", found, choices, seed);
  }

  /** Subnets of some sizes, by all choices. */
  private void compare(
      String name, DecoderSizes sizes, Map<String, ActivationScores> choices, long seed)
      throws IOException {
    for (var choice : choices.entrySet()) {
      Kept units = new UnitSelection(blueprint, choice.getValue()).of(sizes);
      int[] layers = UnitSelection.first(choice.getValue().distances(), sizes.layers());
      compare(
          "%s, %s".formatted(name, choice.getKey()),
          units,
          IntStream.of(layers).boxed().toList(),
          seed);
    }
  }

  /** The largest sizes within a part of the parameters, all layers kept. */
  private DecoderSizes narrow(int percent) {
    MinitronPlan plan = plan(percent, 0, 1);
    return ((CandidateSpace.Alike) plan.options()).within(plan.budget()).get(0).sizes();
  }

  /** The sizes that score best among the largest within a part of the parameters. */
  private DecoderSizes search(int percent, ActivationScores activity, long seed) {
    MinitronPlan plan = plan(percent, 0.5, MinitronTarget.USUAL_TOP);
    try (SubnetScoring scoring = scoring(activity, seed)) {
      return new UniformCutting(
              (CandidateSpace.Alike) plan.options(),
              new UnitSelection(blueprint, activity),
              new LayerSelection(blueprint, activity, DepthCriterion.COSINE, scoring),
              scoring,
              new SubnetWriter<>(blueprint, Sharding.asBefore(), new Phases(System::nanoTime)),
              Progress.Listener.NONE)
          .select(plan.budget())
          .candidate()
          .sizes();
    }
  }

  private MinitronPlan plan(int percent, double mostDepth, int topK) {
    var goal =
        new MinitronTarget(
            Optional.empty(),
            Optional.of(Constraints.parse(Map.of("parameters", percent + "%"))),
            Optional.empty(),
            false,
            SizeDivisors.Asked.NOTHING,
            0.7,
            mostDepth,
            topK,
            true,
            Sharding.asBefore());
    return MinitronPlan.of(blueprint, goal);
  }

  private ActivationMeasurement listening(
      long seed, ImportanceCriterion score, ScoreAggregation overTokens) {
    return new ActivationMeasurement(blueprint, settings(seed, score, overTokens), train);
  }

  private static ActivationSettings settings(
      long seed, ImportanceCriterion score, ScoreAggregation overTokens) {
    return new ActivationSettings(
        BATCHES, BATCH_SIZE, overTokens, ScoreAggregation.L2, score, STATE_BYTES, seed);
  }

  /** Solves for the layers of a cut model. */
  private void reconstruct(TextModel cut, Subnet subnet, long seed) {
    ActivationSettings settings =
        settings(seed, ImportanceCriterion.CONTRIBUTION, ScoreAggregation.MEAN);
    new DecoderReconstruction(blueprint, subnet, train, settings)
        .run(cut.directory(), folder.resolve("solved"), Progress.Listener.NONE);
  }

  private ActivationScores minitron(
      long seed, ImportanceCriterion score, ScoreAggregation overTokens) {
    return listening(seed, score, overTokens)
        .measure(folder.resolve("scores"), Progress.Listener.NONE);
  }

  /** The layers that stay without the block that is missed least. */
  private List<Integer> block(ActivationScores activity, int layers, long seed) {
    try (SubnetScoring scoring = scoring(activity, seed)) {
      return new LayerSelection(blueprint, activity, DepthCriterion.CONTIGUOUS, scoring).of(layers);
    }
  }

  private SubnetScoring scoring(ActivationScores activity, long seed) {
    return new SubnetScoring(
        blueprint,
        listening(seed, ImportanceCriterion.CONTRIBUTION, ScoreAggregation.MEAN).texts(),
        SubnetMetric.LOSS,
        MemoryLimits.of(STATE_BYTES),
        activity.fingerprint(),
        folder.resolve("scores"));
  }

  private ActivationScores random(long seed) {
    var random = new SplittableRandom(seed);
    var layers = new ArrayList<LayerActivationScores>();
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      var units = new LinkedHashMap<String, double[]>();
      LayerActivationScores.axes(blueprint, layer)
          .forEach((kind, axis) -> units.put(kind, random.doubles(axis.units()).toArray()));
      layers.add(new LayerActivationScores(units, random.nextDouble()));
    }
    return new ActivationScores("random", layers);
  }

  /** Sums of squares of all weights of a unit in a layer, and of all weights of a layer. */
  private ActivationScores magnitude(Weights weights) {
    var layers = new ArrayList<LayerActivationScores>();
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      String prefix = blueprint.blocks().get(layer) + ".";
      var units = new LinkedHashMap<String, double[]>();
      double all = 0;
      Map<String, Axis> axes = LayerActivationScores.axes(blueprint, layer);
      axes.forEach((kind, axis) -> units.put(kind, new double[axis.units()]));
      Optional<Stack> experts = blueprint.experts(layer).map(LayerExperts::stack);
      for (TensorSpec tensor : blueprint.architecture().tensors()) {
        if (tensor.name().startsWith(prefix)) {
          float[] values = weights.get(tensor.name()).toFloatArray();
          double own = 0;
          for (float value : values) {
            own += (double) value * value;
          }
          all += own;
          axes.forEach((kind, axis) -> add(units.get(kind), axis, tensor, values));
          OptionalInt expert =
              experts.map(stack -> stack.unit(tensor.name())).orElse(OptionalInt.empty());
          if (expert.isPresent()) {
            units.get(LayerActivationScores.EXPERTS)[expert.getAsInt()] += own;
          }
        }
      }
      layers.add(new LayerActivationScores(units, all));
    }
    return new ActivationScores("magnitude", layers);
  }

  private static void add(double[] sums, Axis axis, TensorSpec tensor, float[] values) {
    long[] shape = tensor.shape();
    int inner = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (tensor.dimensions().get(i) instanceof Dimension.Along along
          && along.axis().equals(axis)) {
        for (int k = 0; k < values.length; k++) {
          int index = k / inner % Math.toIntExact(shape[i]);
          sums[index / along.indicesPerUnit()] += (double) values[k] * values[k];
        }
      }
      inner *= Math.toIntExact(shape[i]);
    }
  }

  private void compare(String name, Kept units, List<Integer> layers, long seed)
      throws IOException {
    Path output = Files.createTempDirectory(folder, "cut");
    var subnet = new Subnet(units, layers);
    var cut = (TextModel) subnet.write(blueprint, Sharding.asBefore(), output);
    if (name.endsWith(RECONSTRUCTED)) {
      reconstruct(cut, subnet, seed);
    }
    double[] result = new double[2];
    try (Weights weights = Weights.load(cut.directory(), cut.architecture())) {
      result[0] = loss(cut, weights);
      new Trainer(TrainingSettings.text(1, 16, LEARNING_RATE, seed))
          .train(
              weights,
              TextObjective.of(cut.network(), train.drawn(TRAINED, seed)),
              Progress.Listener.NONE);
      result[1] = loss(cut, weights);
    }
    print(
        "seed %d, %s: %.4f / %.4f; %s, layers %s",
        seed, name, result[0], result[1], DecoderBlueprint.of(cut).sizes(), layers);
    results.computeIfAbsent(name, any -> new ArrayList<>()).add(result);
  }

  /** Over the floor. */
  private double loss(TextModel model, Weights weights) {
    return TextEvaluation.tally(model.network(), weights, test, 32, Progress.Listener.NONE).loss()
        - floor;
  }

  private static double mean(List<double[]> all, int which) {
    return all.stream().mapToDouble(result -> result[which]).average().orElseThrow();
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
