package io.espalier.schemas.setting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingTableTest {
  private static final Setting<Integer> ROUNDS =
      Setting.whole("rounds", 2, 9).usually(3).means("Times it is wiped");
  private static final Setting<Double> SHARE = Setting.part("share").means("Part of it");
  private static final Setting<Boolean> WET = Setting.flag("wet").means("Whether with water");
  private static final Setting<String> CLOTH =
      Setting.word("cloth", "silk", "wool").usually("wool").means("What wipes");
  private static final Setting<List<Double>> PARTS = Setting.fractions("parts").means("Parts");
  private static final Setting<String> MAKER =
      Setting.text("maker").unrecorded().means("Who made the cloth");
  private static final Setting<Settings> BOX =
      Setting.group("box", SettingTable.of(ROUNDS, Setting.bound("weight"))).means("The box");
  private static final Setting<List<Settings>> RULES =
      Setting.groups(
              "rules",
              new Values.Group(SettingTable.of(MAKER, WET).requiring(MAKER), 2),
              "a maker and something of it")
          .means("Rules");
  private static final SettingTable TABLE =
      SettingTable.of(ROUNDS, SHARE, WET, CLOTH, PARTS, MAKER, BOX, RULES);

  @Test
  void what_is_said_is_read_by_key_and_what_is_not_has_its_usual_value() {
    Settings settings =
        read(
                TABLE,
                "{'rounds': 5, 'share': 0.5, 'parts': [0.25, 1], 'box': {'weight': '60%'},"
                    + " 'rules': [{'maker': 'me', 'wet': true}]}")
            .settings();

    assertThat(settings.get(ROUNDS)).isEqualTo(5);
    assertThat(settings.find(SHARE)).hasValue(0.5);
    assertThat(settings.get(PARTS)).containsExactly(0.25, 1.0);
    assertThat(settings.get(WET)).isFalse();
    assertThat(settings.says(WET)).isFalse();
    assertThat(settings.get(CLOTH)).isEqualTo("wool");
    assertThat(settings.find(MAKER)).isEmpty();
    assertThat(settings.get(BOX).used()).isEqualTo(Map.of("rounds", "3", "weight", "60%"));
    assertThat(settings.get(RULES).get(0).get(MAKER)).isEqualTo("me");
    assertThat(settings.recorded())
        .isEqualTo(
            Map.of(
                "rounds",
                "5",
                "share",
                "0.5",
                "wet",
                "false",
                "cloth",
                "wool",
                "parts",
                "0.25, 1.0"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'rounds': 1}                     | rounds          | a whole number from 2 to 9, found 1
          {'rounds': 10}                    | rounds          | from 2 to 9, found 10
          {'rounds': 2.5}                   | rounds          | found 2.5
          {'rounds': '5'}                   | rounds          | found "5"
          {'rounds': 99999999999}           | rounds          | found 99999999999
          {'share': 1}                      | share           | from 0 to under 1, found 1
          {'share': -0.1}                   | share           | found -0.1
          {'wet': 'yes'}                    | wet             | true or false, found "yes"
          {'cloth': 'linen'}                | cloth           | one of [silk, wool], found "linen"
          {'cloth': 3}                      | cloth           | found 3
          {'parts': []}                     | parts           | a list, each a fraction above 0
          {'parts': [0]}                    | parts           | found [0]
          {'parts': [0.5, 0.5]}             | parts           | found [0.5,0.5]
          {'maker': ''}                     | maker           | not empty
          {'box': {}}                       | box             | at least 1 of [rounds, weight], found {}
          {'box': {'rounds': 1}}            | box.rounds      | found 1
          {'box': {'depth': 1}}             | box.depth       | unknown, known are [rounds, weight]
          {'box': {'weight': [1]}}          | box.weight      | such as 60%, found [1]
          {'rules': {'maker': 'me'}}        | rules           | a list
          {'rules': [7]}                    | rules[0]        | a group of [maker, wet], found 7
          {'rules': [{'maker': 'me'}]}      | rules[0]        | a maker and something of it
          {'rules': [{'wet': true}]}        | rules[0].maker  | not empty, found nothing
          {'hand': 1}                       | hand            | unknown, known are
          []                                | ``              | found []
          """)
  void what_is_none_of_the_values_is_told_with_its_place(
      String said, @Nullable String path, String message) {
    SettingTable.Reading reading = read(TABLE, said);

    assertThat(reading.problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.path()).isEqualTo(path);
              assertThat(problem.message()).contains(message);
            });
  }

  @Test
  void keys_that_must_be_said_are_missed_and_of_two_that_exclude_each_other_one_is_wanted() {
    SettingTable strict =
        SettingTable.of(ROUNDS, CLOTH, WET).requiring(WET).eitherOf(ROUNDS, CLOTH);

    assertThat(read(strict, "{'wet': true, 'rounds': 2}").problems()).isEmpty();
    assertThat(read(strict, "{}").problems())
        .extracting(SettingProblem::path)
        .containsExactly("wet", "rounds and cloth");
    assertThat(read(strict, "{'wet': true, 'rounds': 2, 'cloth': 'silk'}").problems())
        .singleElement()
        .extracting(SettingProblem::message)
        .isEqualTo("wanted one of them, found both");
  }

  @Test
  void a_key_of_another_table_is_a_mistake_of_the_program() {
    Settings settings = read(SettingTable.of(ROUNDS), "{}").settings();

    assertThatThrownBy(() -> settings.find(WET)).hasMessageContaining("'wet' is none of the keys");
    assertThatThrownBy(() -> settings.get(ROUNDS.means("Something else")))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> SettingTable.of(ROUNDS, ROUNDS)).hasMessageContaining("twice");
  }

  @Test
  void tables_together_take_what_any_takes_and_say_whose_a_key_is() {
    SettingTable one = SettingTable.of(ROUNDS, CLOTH, WET).requiring(ROUNDS, WET);
    SettingTable other =
        SettingTable.of(
                Setting.whole("rounds", 1, 5).usually(3).means("Rounds of it"),
                Setting.word("cloth", "wool", "felt").usually("felt").means("What wipes"),
                SHARE)
            .requiring(Setting.whole("rounds", 1, 5));

    SettingTable both = SettingUnion.of(Map.of("a", one, "b", other));

    assertThat(both.required()).containsExactly("rounds");
    assertThat(read(both, "{'rounds': 1, 'cloth': 'felt', 'wet': true, 'share': 0}").problems())
        .isEmpty();
    assertThat(both.setting("cloth").orElseThrow().usual()).isEmpty();
    assertThat(both.setting("cloth").orElseThrow().sentence()).isEqualTo("What wipes");
    assertThat(both.setting("share").orElseThrow().sentence()).isEqualTo("b: part of it");
    assertThat(both.setting("rounds").orElseThrow().sentence())
        .contains("a: times it is wiped")
        .contains("b: rounds of it");
  }

  private static SettingTable.Reading read(SettingTable table, String json) {
    try {
      JsonNode said = new ObjectMapper().readTree(json.replace('\'', '"'));
      return table.read(said);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(json, e);
    }
  }
}
