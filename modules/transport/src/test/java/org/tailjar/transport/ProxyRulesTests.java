package org.tailjar.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rows are what Go's httpproxy answers; but for a localhost in capital letters, which it would
 * send to the proxy.
 */
class ProxyRulesTests {

  private static Map<String, String> environment(String pairs) {
    Map<String, String> environment = new HashMap<>();
    for (String pair : pairs.split(" ")) {
      environment.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
    }
    return environment;
  }

  private static Destination destination(String url) {
    String rest = url.substring(url.indexOf("//") + 2);
    int colon = rest.lastIndexOf(':');
    String host = rest.substring(0, colon).replace("[", "").replace("]", "");
    int port = Integer.parseInt(rest.substring(colon + 1));
    return url.startsWith("https") ? Destination.tls(host, port) : Destination.plain(host, port);
  }

  private static String choose(String environment, String url) {
    return ProxyRules.of(environment(environment)).choose(destination(url)) instanceof Proxy.Http p
        ? p.toString()
        : "direct";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "X=y | https://hs.example:443 | direct",
        "HTTP_PROXY=p.example:1234 | http://hs.example:80 | http://p.example:1234",
        "HTTP_PROXY=p.example | http://hs.example:80 | http://p.example:80",
        "HTTP_PROXY=localhost | http://hs.example:80 | http://localhost:80",
        "HTTP_PROXY=https://p.example | http://hs.example:80 | https://p.example:443",
        "HTTP_PROXY=http://127.0.0.1:8080/ | http://hs.example:80 | http://127.0.0.1:8080",
        "HTTP_PROXY=http://[2001:db8::1]:8080 | http://h.example:80 | http://[2001:db8::1]:8080",
        "HTTP_PROXY=http://squid_1:3128 | http://hs.example:80 | http://squid_1:3128",
        "HTTP_PROXY=http://u:p@p.example:1 | http://hs.example:80 | http://p.example:1",
        "HTTP_PROXY=a HTTPS_PROXY=b | http://hs.example:80 | http://a:80",
        "HTTP_PROXY=a HTTPS_PROXY=b | https://hs.example:443 | http://b:80",
        "HTTP_PROXY=a HTTPS_PROXY=https://b:444 | https://hs.example:443 | https://b:444",
        "HTTP_PROXY=a | https://hs.example:443 | direct",
        "HTTPS_PROXY=a | http://hs.example:80 | direct",
        "https_proxy=a | https://hs.example:443 | http://a:80",
        "http_proxy=a | http://hs.example:80 | http://a:80",
        "HTTPS_PROXY=a https_proxy=b | https://hs.example:443 | http://a:80",
        "HTTPS_PROXY= https_proxy=b | https://hs.example:443 | http://b:80",
        "ALL_PROXY=a all_proxy=a | https://hs.example:443 | direct",
      })
  void aProxyIsForItsScheme(String environment, String url, String way) {
    assertThat(choose(environment, url)).isEqualTo(way);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // This machine
        "X | http://localhost:80 | direct",
        "X | http://LOCALHOST:80 | direct",
        "X | http://127.0.0.1:80 | direct",
        "X | http://127.0.0.2:8080 | direct",
        "X | http://[::1]:80 | direct",
        "X | http://[::2]:80 | proxy",
        // Domains
        "example.com | http://example.com:80 | direct",
        "example.com | http://EXAMPLE.COM:80 | direct",
        "EXAMPLE.com | http://example.com:80 | direct",
        "example.com | http://foo.example.com:80 | direct",
        ".example.com | http://example.com:80 | proxy",
        ".example.com | http://foo.example.com:80 | direct",
        "*.example.com | http://example.com:80 | proxy",
        "*.example.com | http://foo.example.com:80 | direct",
        "ample.com | http://example.com:80 | proxy",
        "example.com | http://example.com.br:80 | proxy",
        "b.com | http://a.com:80 | proxy",
        "headscale | http://headscale:8080 | direct",
        "example.com:8080 | http://example.com:8080 | direct",
        "example.com:8080 | http://example.com:80 | proxy",
        "example.com:8080 | http://foo.example.com:8080 | direct",
        ".example.com:80 | http://foo.example.com:80 | direct",
        // Names that are not ASCII
        ".示例.com | http://www.示例.com:80 | direct",
        "xn--fsq092h.com | http://www.示例.com:80 | direct",
        "示例.com | http://www.xn--fsq092h.com:80 | direct",
        // Addresses and ranges
        "192.168.1.1 | http://192.168.1.1:80 | direct",
        "192.168.1.1 | http://192.168.1.2:80 | proxy",
        "192.168.1.3:80 | http://192.168.1.3:80 | direct",
        "192.168.1.2:81 | http://192.168.1.2:80 | proxy",
        "10.0.0.0/30 | http://10.0.0.2:80 | direct",
        "10.0.0.1/30 | http://10.0.0.3:80 | direct",
        "10.0.0.0/30 | http://10.0.0.4:80 | proxy",
        "10.0.0.0/8 | http://10.example:80 | proxy",
        "2001:db8::52:0:1 | http://[2001:db8::52:0:1]:80 | direct",
        "2001:db8::52:0:1 | http://[2001:db8::52:0:2]:80 | proxy",
        "[2001:db8::52:0:3]:80 | http://[2001:db8::52:0:3]:80 | direct",
        "[2001:db8::52:0:3]:81 | http://[2001:db8::52:0:3]:80 | proxy",
        "2002:db8:a::45/64 | http://[2002:db8:a::123]:80 | direct",
        "2002:db8:a::45/64 | http://[2002:db8:b::123]:80 | proxy",
        "example.com | http://[1000::%.example.com]:123 | proxy",
        // Everything, several, and nonsense
        "* | http://example.com:80 | direct",
        "other,* | http://10.1.2.3:80 | direct",
        "foo.com, .bar.net ,10.0.0.0/8 | http://x.bar.net:80 | direct",
        "foo.com, .bar.net ,10.0.0.0/8 | http://10.9.9.9:80 | direct",
        ":,,[,]:80,:80,10.0.0.0/99,x:y:z,.,.: | http://example.com:80 | proxy",
        ",,,example.com | http://example.com:80 | direct",
        "example.com. | http://example.com:80 | proxy",
      })
  void noProxyExemptsWhatGoWouldExempt(String exemptions, String url, String way) {
    assertThat(
            ProxyRules.of(Map.of("HTTP_PROXY", "p", "NO_PROXY", exemptions))
                .choose(destination(url)))
        .isEqualTo(way.equals("direct") ? new Proxy.Direct() : ProxyRulesTests.proxy("p"));
    assertThat(ProxyRules.of(Map.of("HTTP_PROXY", "p", "no_proxy", exemptions)))
        .extracting(rules -> rules.choose(destination(url)) instanceof Proxy.Direct)
        .isEqualTo(way.equals("direct"));
  }

  private static Proxy proxy(String text) {
    return ProxyRules.of(Map.of("HTTP_PROXY", text)).choose(Destination.plain("hs.example", 80));
  }

  @ParameterizedTest
  @CsvSource({
    "http://user:secret@p, Basic dXNlcjpzZWNyZXQ=",
    "user:secret@p:3128, Basic dXNlcjpzZWNyZXQ=",
    "http://us%40er:s%3ac+%C3%A9@p, Basic dXNAZXI6czpjK8Op",
    "http://us@er:se@cret@p, Basic dXNAZXI6c2VAY3JldA==",
    "http://user@p, Basic dXNlcjo=",
    "http://@p, none",
    "http://p, none",
  })
  void theUserAndPasswordOfTheUrlAreForTheProxy(String url, String authorization) {
    Proxy.Http proxy = (Proxy.Http) proxy(url);
    assertThat(proxy.host()).isEqualTo("p");
    assertThat(proxy.credentials().map(Proxy.Credentials::authorization).orElse("none"))
        .isEqualTo(authorization);
  }

  @Test
  void aPasswordIsInNoTextForm() {
    ProxyRules rules = ProxyRules.of(Map.of("HTTP_PROXY", "http://user:hunter2@p"));
    Proxy.Http proxy = (Proxy.Http) rules.choose(Destination.plain("hs.example", 80));
    assertThat(rules + " " + proxy + " " + proxy.credentials())
        .doesNotContain("hunter2", "aHVudGVyMg", "dXNlcjpodW50ZXIy");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "socks5://u:hunter2@p:1080",
        "ftp://u:hunter2@p",
        "://u:hunter2@p",
        "http://u:hunter2@",
        "http://u:hunter2@p:0",
        "http://u:hunter2@p:65536",
        "http://u:hunter2@p:x",
        "http://u:hunter2@p:999999999999",
        "http://u:hunter2@p p",
        "http://u:hunter2%@p",
        "http://u:hunter2@[::1",
        "http://u:hunter2@a:b:c",
      })
  void aValueThatIsNoProxyIsNamedAndNotRepeated(String value) {
    for (String name : new String[] {"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ProxyRules.of(Map.of(name, value)))
          .withMessage(
              "%s (value not shown) is not accepted: give the URL of an HTTP proxy,"
                  + " http://[user:password@]host[:port]",
              name)
          .withNoCause();
    }
  }
}
