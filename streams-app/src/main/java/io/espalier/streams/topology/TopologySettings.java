package io.espalier.streams.topology;

import io.espalier.streams.domain.run.RunSettings;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * What the topology needs to know of the installation.
 *
 * @param partitions partitions of the keyed topics, the internal ones included
 * @param releasesTopic name of the topic by which pools tell runs that their jobs were released
 * @param timerInterval how often timers are looked at
 * @param runs what is the same for every run
 * @param poolHasTopic whether commands can be sent to a pool; asked for every heartbeat, so it must
 *     be quick as a rule
 */
public record TopologySettings(
    int partitions,
    String releasesTopic,
    Duration timerInterval,
    RunSettings runs,
    Predicate<String> poolHasTopic) {}
