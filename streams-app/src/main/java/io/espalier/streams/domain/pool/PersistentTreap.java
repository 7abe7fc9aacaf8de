package io.espalier.streams.domain.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A sorted map that never changes: putting and removing make another one that shares most of its
 * nodes, in logarithmic time.
 */
final class PersistentTreap<K extends Comparable<K>, V> {
  /*
   * A treap [1]: a search tree by key that is a heap by rank. The rank is a hash of the key, so the
   * shape depends on the content alone and not on the order in which it came. A pool with n jobs
   * would otherwise be copied, in n steps, for every job that comes or goes.
   *
   * [1] Seidel and Aragon, Randomized Search Trees, Algorithmica 16 (1996), 464-497.
   */
  private record Node<K, V>(
      K key, V value, int size, @Nullable Node<K, V> left, @Nullable Node<K, V> right) {}

  private final @Nullable Node<K, V> root;

  private PersistentTreap(@Nullable Node<K, V> root) {
    this.root = root;
  }

  static <K extends Comparable<K>, V> PersistentTreap<K, V> empty() {
    return new PersistentTreap<>(null);
  }

  int size() {
    return size(root);
  }

  boolean isEmpty() {
    return root == null;
  }

  Optional<V> get(K key) {
    Node<K, V> node = root;
    while (node != null) {
      int side = key.compareTo(node.key());
      if (side == 0) {
        return Optional.of(node.value());
      }
      node = side < 0 ? node.left() : node.right();
    }
    return Optional.empty();
  }

  boolean contains(K key) {
    return get(key).isPresent();
  }

  /** The value of the smallest key. */
  Optional<V> first() {
    Node<K, V> node = root;
    while (node != null && node.left() != null) {
      node = node.left();
    }
    return Optional.ofNullable(node).map(Node::value);
  }

  PersistentTreap<K, V> put(K key, V value) {
    return new PersistentTreap<>(put(root, key, value));
  }

  PersistentTreap<K, V> remove(K key) {
    return contains(key) ? new PersistentTreap<>(remove(root, key)) : this;
  }

  /** The values in the order of their keys. */
  List<V> values() {
    List<V> values = new ArrayList<>(size());
    visit(root, (key, value) -> values.add(value));
    return values;
  }

  private static <K extends Comparable<K>, V> Node<K, V> put(
      @Nullable Node<K, V> node, K key, V value) {
    if (node == null) {
      return node(key, value, null, null);
    }
    int side = key.compareTo(node.key());
    if (side == 0) {
      return node(key, value, node.left(), node.right());
    }
    if (side < 0) {
      Node<K, V> left = put(node.left(), key, value);
      return outranks(left, node)
          ? node(left.key(), left.value(), left.left(), with(node, left.right(), node.right()))
          : with(node, left, node.right());
    }
    Node<K, V> right = put(node.right(), key, value);
    return outranks(right, node)
        ? node(right.key(), right.value(), with(node, node.left(), right.left()), right.right())
        : with(node, node.left(), right);
  }

  private static <K extends Comparable<K>, V> @Nullable Node<K, V> remove(
      @Nullable Node<K, V> node, K key) {
    if (node == null) {
      return null;
    }
    int side = key.compareTo(node.key());
    if (side == 0) {
      return join(node.left(), node.right());
    }
    return side < 0
        ? with(node, remove(node.left(), key), node.right())
        : with(node, node.left(), remove(node.right(), key));
  }

  private static <K, V> @Nullable Node<K, V> join(
      @Nullable Node<K, V> left, @Nullable Node<K, V> right) {
    if (left == null) {
      return right;
    } else if (right == null) {
      return left;
    }
    return outranks(left, right)
        ? with(left, left.left(), join(left.right(), right))
        : with(right, join(left, right.left()), right.right());
  }

  private static <K, V> void visit(@Nullable Node<K, V> node, BiConsumer<K, V> visitor) {
    if (node != null) {
      visit(node.left(), visitor);
      visitor.accept(node.key(), node.value());
      visit(node.right(), visitor);
    }
  }

  private static <K, V> Node<K, V> with(
      Node<K, V> node, @Nullable Node<K, V> left, @Nullable Node<K, V> right) {
    return node(node.key(), node.value(), left, right);
  }

  private static <K, V> Node<K, V> node(
      K key, V value, @Nullable Node<K, V> left, @Nullable Node<K, V> right) {
    return new Node<>(key, value, 1 + size(left) + size(right), left, right);
  }

  private static int size(@Nullable Node<?, ?> node) {
    return node == null ? 0 : node.size();
  }

  private static boolean outranks(Node<?, ?> one, Node<?, ?> other) {
    return rank(one) > rank(other);
  }

  private static int rank(Node<?, ?> node) {
    int mixed = node.key().hashCode() * 0x9E3779B9;
    mixed = (mixed ^ (mixed >>> 15)) * 0x85EBCA6B;
    return mixed ^ (mixed >>> 13);
  }
}
