package io.espalier.worker.report;

import java.nio.file.Path;

/** Writes sample reports below a directory, to be looked at in a browser. */
final class ReportPreview {
  private ReportPreview() {}

  public static void main(String[] directory) {
    Path root = Path.of(directory[0]);
    Reports.write(root.resolve("resnet20"), Samples.resnet20());
    Reports.write(root.resolve("resnet152"), Samples.resnet152());
    Reports.write(root.resolve("bert"), BertSample.report());
    Reports.write(root.resolve("llama"), LlamaSample.report());
    Reports.write(root.resolve("bare"), Samples.bare());
    Reports.write(root.resolve("tiny"), TinySample.report());
  }
}
