package io.espalier.worker.kafka.claim;

import io.espalier.worker.stage.Stop;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a worker, and who may ask the queue for a command on behalf of which.
 *
 * <p>A command needs a place before it is asked for. A free slot gives one. A slot whose work is
 * about to end gives one more, so that the next command is fetched, verified and warmed up
 * meanwhile; it begins when the slot is handed on. Nothing is claimed further ahead than that, or a
 * busy worker would keep commands from an idle one.
 */
public final class Slots {
  private final @Nullable Place[] holders;
  private final @Nullable Place[] followers;
  private final BooleanSupplier inService;
  private final Runnable changed;
  private @Nullable Place alone;

  /**
   * Slots, all free.
   *
   * @param inService whether work may be taken; {@link #wake} must follow when that changes
   * @param changed is called whenever {@link #spare} may have changed and must be quick
   */
  public Slots(int count, BooleanSupplier inService, Runnable changed) {
    this.holders = new Place[count];
    this.followers = new Place[count];
    this.inService = inService;
    this.changed = changed;
  }

  /** A place of a slot, to be waited for as long as said. */
  public synchronized Optional<Place> reserve(Duration patience) {
    long until = System.nanoTime() + patience.toNanos();
    Optional<Place> found = freePlace();
    while (found.isEmpty() && waitUntil(until)) {
      found = freePlace();
    }
    return found;
  }

  /** Returns how many commands beyond its slots it would take now. */
  public synchronized int spare() {
    int spare = 0;
    for (int slot = 0; slot < holders.length; slot++) {
      Place follower = followers[slot];
      if (mayFollow(slot) && (follower == null || !follower.claimed)) {
        spare++;
      }
    }
    return spare;
  }

  /** Looks again at whatever is waited for. */
  public synchronized void wake() {
    notifyAll();
  }

  private Optional<Place> freePlace() {
    if (!isOpen()) {
      return Optional.empty();
    }
    for (int slot = 0; slot < holders.length; slot++) {
      if (holders[slot] == null) {
        holders[slot] = new Place(slot);
        return Optional.ofNullable(holders[slot]);
      }
    }
    for (int slot = 0; slot < holders.length; slot++) {
      if (followers[slot] == null && mayFollow(slot)) {
        followers[slot] = new Place(slot);
        return Optional.ofNullable(followers[slot]);
      }
    }
    return Optional.empty();
  }

  private boolean isOpen() {
    return inService.getAsBoolean() && alone == null;
  }

  private boolean mayFollow(int slot) {
    Place holder = holders[slot];
    return isOpen() && holder != null && holder.working && holder.ending && !holder.barred;
  }

  private boolean mayBegin(Place place) {
    if (holders[place.slot] != place || (alone != null && alone != place)) {
      return false;
    }
    return alone == null || working() == 0;
  }

  private int working() {
    int working = 0;
    for (Place holder : holders) {
      if (holder != null && holder.working) {
        working++;
      }
    }
    return working;
  }

  /** Waits for a change; false if the time is over or this thread is to end. */
  @SuppressWarnings("WaitNotInLoop") // its callers look again
  private boolean waitUntil(long untilNanos) {
    long left = TimeUnit.NANOSECONDS.toMillis(untilNanos - System.nanoTime());
    if (left <= 0) {
      return false;
    }
    try {
      wait(left);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void handOn(int slot) {
    holders[slot] = followers[slot];
    followers[slot] = null;
  }

  private void tellChange() {
    notifyAll();
    changed.run();
  }

  /** The right to ask for one command at a time, and where it will be worked on. */
  public final class Place implements AutoCloseable {
    private final int slot;
    private boolean claimed;
    private boolean working;
    private boolean ending;
    private boolean barred;

    private Place(int slot) {
      this.slot = slot;
    }

    /** Number of the slot, from 0. */
    public int slot() {
      return slot;
    }

    /** Returns whether a command may be asked for. */
    public boolean isOpen() {
      synchronized (Slots.this) {
        return Slots.this.isOpen()
            && (holders[slot] == this || (followers[slot] == this && mayFollow(slot)));
      }
    }

    /** Takes note that a command was claimed for it, or that this command has been answered. */
    public void claimed(boolean now) {
      synchronized (Slots.this) {
        claimed = now;
        tellChange();
      }
    }

    /**
     * Waits for the slot and takes it for work.
     *
     * @param byItself whether nothing else may be worked on meanwhile; then nothing else is begun
     *     or asked for while it waits
     * @return whether work may begin; false if the time is over
     * @throws io.espalier.worker.stage.StoppedException if a stop was requested
     */
    public boolean begin(boolean byItself, Duration patience, Stop stop) {
      try (var waking = stop.onRequest(Slots.this::wake)) {
        synchronized (Slots.this) {
          return begun(byItself, System.nanoTime() + patience.toNanos(), stop);
        }
      }
    }

    private boolean begun(boolean byItself, long until, Stop stop) {
      boolean claimsAll = false;
      while (true) {
        if (byItself && alone == null && holders[slot] == this) {
          alone = this;
          claimsAll = true;
        }
        boolean stopped = stop.requested().isPresent();
        if (!stopped && mayBegin(this) && (!byItself || alone == this)) {
          working = true;
          tellChange();
          return true;
        }
        if (stopped || !waitUntil(until)) {
          if (claimsAll) {
            alone = null;
            tellChange();
          }
          stop.check();
          return false;
        }
      }
    }

    /** Takes note of whether its work is about to end. */
    public void ending(boolean now) {
      synchronized (Slots.this) {
        if (ending != now) {
          ending = now;
          tellChange();
        }
      }
    }

    /** Claims nothing more ahead of the work at hand: what was had to be given back. */
    public void barFollowers() {
      synchronized (Slots.this) {
        Place holder = holders[slot];
        if (holder != null) {
          holder.barred = true;
          tellChange();
        }
      }
    }

    /** Takes note that its work has ended, and hands the slot on if a command waits for it. */
    public void end() {
      synchronized (Slots.this) {
        working = false;
        ending = false;
        barred = false;
        alone = alone == this ? null : alone;
        Place follower = followers[slot];
        if (holders[slot] == this && follower != null && follower.claimed) {
          handOn(slot);
        }
        tellChange();
      }
    }

    @Override
    public void close() {
      synchronized (Slots.this) {
        alone = alone == this ? null : alone;
        if (followers[slot] == this) {
          followers[slot] = null;
        } else if (holders[slot] == this) {
          handOn(slot);
        }
        tellChange();
      }
    }
  }
}
