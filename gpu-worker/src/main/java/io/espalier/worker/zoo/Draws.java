package io.espalier.worker.zoo;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Choices at random, which remember how much they told. */
final class Draws {
  private final SplittableRandom random;
  private double nats;

  /** Choices that a seed decides. */
  Draws(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** One of a list, each as likely as another. */
  <E> E one(List<E> all) {
    nats += StrictMath.log(all.size());
    return all.get(random.nextInt(all.size()));
  }

  /** Some of a list, none twice, in an order that is drawn, too. */
  <E> List<E> some(int count, List<E> all) {
    var left = new ArrayList<E>(all);
    var some = new ArrayList<E>();
    for (int i = 0; i < count; i++) {
      E chosen = one(left);
      left.remove(chosen);
      some.add(chosen);
    }
    return some;
  }

  /** Minus the logarithm of the probability that all choices were made as they were, in nats. */
  double nats() {
    return nats;
  }
}
