package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.ModelRegistered;
import io.espalier.streams.wire.CoordinatorTopics;
import io.espalier.worker.domain.InvalidInputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegistrationsTest {
  private static final String ONE = "11".repeat(32);
  private static final String OTHER = "22".repeat(32);
  private static final String THIRD = "33".repeat(32);

  @Test
  void a_version_that_is_known_with_other_content_is_refused_with_the_digest_that_is_known() {
    var registrations = new Registrations(List.of(SamplePolicy.registered("net", "1", ONE)));

    assertThatThrownBy(
            () -> registrations.requireSameContent(SamplePolicy.registered("net", "1", OTHER)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("net@1 is registered already with root digest " + ONE)
        .hasMessageContaining("has " + OTHER)
        .hasMessageContaining("as another version");
  }

  @Test
  void the_same_content_another_version_and_another_name_are_taken() {
    var registrations = new Registrations(List.of(SamplePolicy.registered("net", "1", ONE)));

    assertThatCode(
            () -> {
              registrations.requireSameContent(SamplePolicy.registered("net", "1", ONE));
              registrations.requireSameContent(SamplePolicy.registered("net", "2", OTHER));
              registrations.requireSameContent(SamplePolicy.registered("set", "1", OTHER));
            })
        .doesNotThrowAnyException();
  }

  @Test
  void where_an_older_client_registered_several_contents_each_of_them_may_come_again() {
    var registrations =
        new Registrations(
            List.of(
                SamplePolicy.registered("net", "1", ONE),
                SamplePolicy.registered("net", "1", OTHER)));

    assertThatCode(() -> registrations.requireSameContent(SamplePolicy.registered("net", "1", ONE)))
        .doesNotThrowAnyException();
    assertThatThrownBy(
            () -> registrations.requireSameContent(SamplePolicy.registered("net", "1", THIRD)))
        .hasMessageContaining(OTHER);
  }

  @Test
  void a_registration_without_a_digest_says_nothing_about_content() {
    ModelRegistered without = SamplePolicy.registered("net", "1", ONE);
    without.setRootDigest(null);
    var registrations = new Registrations(List.of(without));

    assertThatCode(() -> registrations.requireSameContent(SamplePolicy.registered("net", "1", ONE)))
        .doesNotThrowAnyException();
  }

  @Test
  void the_same_contents_under_other_names_are_refused_where_the_names_are_known() {
    ModelRegistered before = SamplePolicy.registered("net", "1", ONE);
    before.setListingDigest(OTHER);
    ModelRegistered renamed = SamplePolicy.registered("net", "1", ONE);
    renamed.setListingDigest(THIRD);
    var registrations = new Registrations(List.of(before));

    assertThatThrownBy(() -> registrations.requireSameContent(renamed))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("listing digest " + OTHER)
        .hasMessageContaining(THIRD)
        .hasMessageContaining("other file names");
    assertThatCode(() -> registrations.requireSameContent(before)).doesNotThrowAnyException();
    assertThatCode(
            () ->
                new Registrations(List.of(SamplePolicy.registered("net", "1", ONE)))
                    .requireSameContent(renamed))
        .as("an older client told none")
        .doesNotThrowAnyException();
  }

  @Test
  void the_models_that_a_policy_accepts_are_named_once_each_and_bad_ones_are_none() {
    ModelRegistered bad = SamplePolicy.registered("acme-bad", "1", ONE);
    bad.setArtifactUri("no uri");
    var registrations =
        new Registrations(
            List.of(
                SamplePolicy.registered("acme-b", "1", ONE),
                SamplePolicy.registered("acme-a", "2", ONE),
                SamplePolicy.registered("acme-b", "1", ONE),
                SamplePolicy.registered("other", "1", ONE),
                bad));

    assertThat(
            registrations.acceptedBy(
                CoordinatorTopics.read(SamplePolicy.forNames("acme", "acme-*"))))
        .containsExactly("acme-a@2", "acme-b@1");
  }
}
