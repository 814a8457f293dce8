package org.tailjar.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonLayoutTests {
  @Test
  void aDocumentIsIndentedAndItsStringsAreLeftAlone() {
    assertThat(JsonLayout.indented("{\"a\":[1,{}],\"b\":\"x:{,\\\"\",\"c\":[]}"))
        .isEqualTo(
            """
            {
              "a": [
                1,
                {}
              ],
              "b": "x:{,\\"",
              "c": []
            }\
            """);
  }
}
