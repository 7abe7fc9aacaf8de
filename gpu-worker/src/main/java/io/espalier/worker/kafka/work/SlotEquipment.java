package io.espalier.worker.kafka.work;

import io.espalier.worker.stage.job.ChildJvm;
import io.espalier.worker.stage.job.Stages;

/**
 * Equipment of a slot.
 *
 * @param child starts the processes of its stages, on its device and with its share of threads
 * @param stages the stages that the processes know
 * @param target what results depend on besides the job, in words: device and threads
 */
public record SlotEquipment(ChildJvm child, Stages stages, String target) {}
