package io.espalier.worker.domain.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * An architecture drawn once more with other axes and other names.
 *
 * @param axes what an axis becomes
 * @param names what everything is called, and what goes
 */
record Redrawing(UnaryOperator<Axis> axes, Renumbering names) {
  /** The same architecture but for the axes it lists and the reasons, which are given. */
  Architecture of(Architecture before, List<Axis> listed, Map<String, String> frozen) {
    return new Architecture(
        before.family(),
        before.name(),
        staying(before.tensors(), TensorSpec::name).map(this::tensor).toList(),
        listed,
        staying(before.layers(), Layer::weight)
            .map(layer -> layer(layer, before.stacks()))
            .toList(),
        staying(before.attentions(), Attention::module).map(this::attention).toList(),
        frozen,
        staying(before.stacks(), Stack::prefix).map(this::stack).toList());
  }

  /** The axes that stay, as they become. */
  List<Axis> listed(List<Axis> before) {
    return staying(before, Axis::name).map(axes).toList();
  }

  /** The reasons that stay, by the new names of their axes. */
  Map<String, String> frozen(Map<String, String> before) {
    var reasons = new LinkedHashMap<String, String>();
    before.forEach((axis, why) -> names.of(axis).ifPresent(name -> reasons.put(name, why)));
    return reasons;
  }

  private <X> Stream<X> staying(List<X> all, Function<X, String> name) {
    return all.stream().filter(one -> names.of(name.apply(one)).isPresent());
  }

  private TensorSpec tensor(TensorSpec tensor) {
    var dimensions = tensor.dimensions().stream().map(side -> side.mapped(axes)).toList();
    return new TensorSpec(names.require(tensor.name()), dimensions, tensor.role());
  }

  private Layer layer(Layer layer, List<Stack> stacks) {
    return new Layer(
        names.require(layer.weight()),
        layer.out().mapped(axes),
        layer.in().mapped(axes),
        window(layer, stacks),
        layer.depthwise(),
        layer.bias());
  }

  /** Modules that share tokens read more of them each once there are fewer modules. */
  private Window window(Layer layer, List<Stack> stacks) {
    for (Stack stack : stacks) {
      if (stack.shared().isPresent() && stack.unit(layer.weight()).isPresent()) {
        Stack left = stack(stack);
        return Window.tokens(left.share(left.unit(names.require(layer.weight())).orElseThrow()));
      }
    }
    return layer.window();
  }

  private Attention attention(Attention attention) {
    return new Attention(
        names.require(attention.module()), attention.heads().mapped(axes), attention.tokens());
  }

  private Stack stack(Stack stack) {
    return new Stack(axes.apply(stack.axis()), names.require(stack.prefix()), stack.shared());
  }
}
