package org.tailjar.headscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerUrlTests {

  @ParameterizedTest
  @CsvSource({
    "https://hs.example,              true,  hs.example, 443,  '',      hs.example",
    "https://hs.example/,             true,  hs.example, 443,  '',      hs.example",
    "' http://HS.Example:8080 ',      false, hs.example, 8080, '',      hs.example:8080",
    "HTTP://10.0.0.1,                 false, 10.0.0.1,   80,   '',      10.0.0.1",
    "https://hs.example:8443/control/,true,  hs.example, 8443, /control, hs.example:8443",
    "https://[2001:db8::1]:9443/a/b,  true,  2001:db8::1, 9443, /a/b,   [2001:db8::1]:9443",
    "https://hs.example:443,          true,  hs.example, 443,  '',      hs.example",
    "http://headscale,                false, headscale,  80,   '',      headscale",
    "http://head_scale_1:8080,        false, head_scale_1, 8080, '',    head_scale_1:8080",
  })
  void schemeHostPortAndPathAreKept(
      String text, boolean secure, String host, int port, String path, String authority) {
    ServerUrl url = ServerUrl.parse(text);
    assertThat(url).isEqualTo(new ServerUrl(secure, host, port, path));
    assertThat(url.authority()).isEqualTo(authority);
    assertThat(ServerUrl.parse(url.toString())).isEqualTo(url);
    assertThat(url.destination().port()).isEqualTo(port);
  }

  @ParameterizedTest
  @CsvSource({
    "hs.example,                does not begin with https:// or http://",
    "'',                        does not begin with https:// or http://",
    "ftp://hs.example,          does not begin with https:// or http://",
    "https://,                  it is not a URL",
    "https:///path,             it names no host",
    "https://hs.example:99999,  its port is not between 1 and 65535",
    "https://hs.example:0,      its port is not between 1 and 65535",
    "https://hs.example/?a=b,   must not contain ? or #",
    "https://hs.example/#a,     must not contain ? or #",
    "https://bad host/,         it is not a URL",
    "https://under_score:1234567, it names no host",
  })
  void whatIsNoUrlIsRefusedWithItsReason(String text, String reason) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ServerUrl.parse(text))
        .withMessageContaining(reason)
        .withMessageContaining("\"" + text + "\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"https://user:hun ter2@hs.example", "ftp://user:hunter2@h", "user:hun/ter2@h"})
  void aPasswordInWhatIsNoUrlIsNotRepeatedEither(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ServerUrl.parse(text))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("ter2"));
  }

  @Test
  void aPasswordInTheUrlIsRefusedAndNotRepeated() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ServerUrl.parse("https://user:hunter2@hs.example"))
        .withMessageContaining("must not contain a user or a password")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("hunter2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://hs.example",
        "http://1.2.3.4:8080",
        "http://[2001:db8::1]",
        "http://100.128.0.1"
      })
  void plainHttpToAPublicAddressIsKnown(String text) {
    assertThat(ServerUrl.parse(text).isPlainHttpToPublicAddress()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://hs.example",
        "https://1.2.3.4",
        "http://127.0.0.1:8080",
        "http://10.1.2.3",
        "http://172.16.0.1",
        "http://192.168.1.1",
        "http://169.254.1.1",
        "http://100.64.0.1",
        "http://[::1]",
        "http://[fd00::1]",
        "http://[fe80::1]",
        "http://headscale:8080",
        "http://hs.internal",
        "http://nas.local",
        "http://localhost"
      })
  void httpsAndPrivateAddressesAreNoReasonToWarn(String text) {
    assertThat(ServerUrl.parse(text).isPlainHttpToPublicAddress()).isFalse();
  }
}
