package io.espalier.worker.model.transformer;

import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.family.Activation;
import io.espalier.worker.model.transformer.TextHead.Inner;
import io.espalier.worker.model.transformer.TextHead.Output;
import java.util.Map;
import java.util.Optional;

/** Heads on BERT and its kin, by transformers' classes. */
final class EncoderHeads {
  private static final TextHead ANSWERS =
      TextHead.linear(TextTask.QUESTION_ANSWERING, "qa_outputs");
  private static final TextHead TOKENS =
      TextHead.linear(TextTask.TOKEN_CLASSIFICATION, "classifier");

  private static final TextHead BERT_WORDS =
      TextHead.maskedTokens(
          new Inner(
              "cls.predictions.transform.dense",
              false,
              Optional.empty(),
              Optional.of("cls.predictions.transform.LayerNorm")),
          new Output("cls.predictions.decoder", Optional.of("cls.predictions.bias")));

  static final Map<String, TextHead> BERT =
      Map.of(
          "BertForQuestionAnswering", ANSWERS,
          "BertForTokenClassification", TOKENS,
          "BertForSequenceClassification",
              TextHead.classifier(
                  new Inner("pooler.dense", true, Optional.of(Activation.TANH), Optional.empty()),
                  "classifier"),
          "BertForMaskedLM", BERT_WORDS,
          "BertForPreTraining", BERT_WORDS,
          "BertModel", TextHead.mean());

  static final Map<String, TextHead> ROBERTA =
      Map.of(
          "RobertaForQuestionAnswering", ANSWERS,
          "RobertaForTokenClassification", TOKENS,
          "RobertaForSequenceClassification",
              TextHead.classifier(
                  new Inner(
                      "classifier.dense", false, Optional.of(Activation.TANH), Optional.empty()),
                  "classifier.out_proj"),
          "RobertaForMaskedLM",
              TextHead.maskedTokens(
                  new Inner(
                      "lm_head.dense",
                      false,
                      Optional.of(Activation.GELU),
                      Optional.of("lm_head.layer_norm")),
                  new Output("lm_head.decoder", Optional.of("lm_head.bias"))),
          "RobertaModel", TextHead.mean());

  static final Map<String, TextHead> DISTILBERT =
      Map.of(
          "DistilBertForQuestionAnswering", ANSWERS,
          "DistilBertForTokenClassification", TOKENS,
          "DistilBertForSequenceClassification",
              TextHead.classifier(
                  new Inner(
                      "pre_classifier", false, Optional.of(Activation.RELU), Optional.empty()),
                  "classifier"),
          "DistilBertForMaskedLM",
              TextHead.maskedTokens(
                  new Inner(
                      "vocab_transform", false, Optional.empty(), Optional.of("vocab_layer_norm")),
                  new Output("vocab_projector", Optional.of("vocab_projector.bias"))),
          "DistilBertModel", TextHead.mean());

  private EncoderHeads() {}
}
