package io.espalier.standalone.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.checkpoint.store.InputRoots;
import io.espalier.worker.checkpoint.store.RootsFile;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AllowedRootsTest {
  @TempDir private Path folder;

  private Path stack;
  private Path model;
  private InputRoots worker;

  @BeforeEach
  void a_stack_and_a_model_elsewhere() throws IOException {
    folder = folder.toRealPath();
    stack = Files.createDirectories(folder.resolve("up"));
    model = Files.createDirectories(folder.resolve("models/a b"));
    worker = InputRoots.of(List.of(stack)).with(new RootsFile(AllowedRoots.file(stack)));
  }

  @Test
  void what_is_named_may_be_read_and_nothing_beside_it() throws IOException {
    Path data = Files.createFile(folder.resolve("squad.json"));

    AllowedRoots.allow(
        stack, List.of(model.toUri(), URI.create(data.toUri() + "?split=train"), model.toUri()));

    assertThat(worker.require("input.uri", model.toUri())).isEqualTo(model);
    assertThat(worker.require("data.eval", data.toUri())).isEqualTo(data);
    assertThatThrownBy(() -> worker.require("input.uri", model.getParent().toUri()))
        .isInstanceOf(InvalidInputException.class);
    assertThat(AllowedRoots.file(stack)).content().hasLineCount(2);
  }

  @Test
  void a_link_that_is_named_is_what_it_leads_to() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("latest"), model);

    AllowedRoots.allow(stack, List.of(link.toUri()));

    assertThat(worker.require("input.uri", link.toUri())).isEqualTo(model);
  }

  @Test
  void links_inside_of_what_is_named_allow_nothing_more() throws IOException {
    Path secret = Files.createFile(folder.resolve("id_rsa"));
    Path link = Files.createSymbolicLink(model.resolve("tokenizer.json"), secret);

    AllowedRoots.allow(stack, List.of(model.toUri()));

    assertThatThrownBy(() -> worker.check(link, secret)).isInstanceOf(InvalidInputException.class);
  }

  @Test
  void a_snapshot_of_hugging_faces_cache_brings_the_blobs_of_its_model() throws IOException {
    Path repository = folder.resolve("hub/models--acme--net");
    Path snapshot = Files.createDirectories(repository.resolve("snapshots/0123abcd"));
    Path blob = Files.createDirectories(repository.resolve("blobs")).resolve("4567");
    Files.createFile(blob);
    Path link = Files.createSymbolicLink(snapshot.resolve("config.json"), blob);

    AllowedRoots.allow(stack, List.of(snapshot.toUri()));

    worker.check(link, blob);
    assertThatThrownBy(() -> worker.require("input.uri", repository.getParent().toUri()))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void what_is_not_there_or_no_file_is_left_out() {
    AllowedRoots.allow(
        stack, List.of(folder.resolve("none").toUri(), URI.create("s3://bucket/etc")));

    assertThat(AllowedRoots.file(stack)).doesNotExist();
  }
}
