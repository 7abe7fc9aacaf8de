package io.espalier.worker.data;

/** What a model reads: images, or tokens. */
public sealed interface ModelInput permits InputSpec, TextInput {}
