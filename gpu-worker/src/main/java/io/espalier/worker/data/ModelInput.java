package io.espalier.worker.data;

/** Input of a model: images, or tokens. */
public sealed interface ModelInput permits InputSpec, TextInput {}
