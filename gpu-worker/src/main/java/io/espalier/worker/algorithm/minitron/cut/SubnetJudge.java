package io.espalier.worker.algorithm.minitron.cut;

/** Judge of subnets of a model. */
@FunctionalInterface
public interface SubnetJudge {
  /**
   * Returns the score of a subnet, of which less is better; infinite if it says no numbers.
   *
   * @param name of the subnet among all subnets by the same units
   */
  double of(String name, Subnet subnet);
}
