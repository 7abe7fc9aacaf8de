package io.espalier.standalone.client;

import io.espalier.event.Run;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.NewestSearch;
import io.espalier.standalone.client.topic.Portion;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Instant;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** A search for one run by its id or the first letters of it. */
final class RunSearch implements NewestSearch<Run> {
  private static final Pattern WHOLE_ID = Pattern.compile("[0-9a-f]{32}");

  private final String id;
  private final TreeMap<String, Run> found = new TreeMap<>();

  RunSearch(String id) {
    this.id = id;
  }

  /**
   * Finds a run. Of a whole id only the partition that holds it is read, and only back to its
   * newest record.
   *
   * @throws InvalidInputException if there is none, or several
   */
  static Run find(Cluster cluster, String id) {
    boolean whole = WHOLE_ID.matcher(id).matches();
    var search = new RunSearch(id);
    cluster.search(
        cluster.topics().runs(),
        whole ? Portion.key(id) : Portion.keysAnywhere(key -> key.startsWith(id)),
        search);
    return search.run();
  }

  @Override
  public void finds(String key, Run run) {
    found.put(key, run);
  }

  /** One run of that very id is enough, and two whose ids begin so are too many. */
  @Override
  public boolean hasEnough(Instant reached) {
    return found.containsKey(id) || found.size() > 1;
  }

  /** The run that is meant. */
  Run run() {
    Run exact = found.get(id);
    if (exact != null) {
      return exact;
    }
    if (found.isEmpty()) {
      throw new InvalidInputException(
          "there is no run '%s'; see `espalier runs list`".formatted(id));
    }
    if (found.size() > 1) {
      throw new InvalidInputException(
          "'%s' begins the ids of several runs, such as %s and %s; give more of it"
              .formatted(id, found.firstKey(), found.lastKey()));
    }
    return found.firstEntry().getValue();
  }
}
