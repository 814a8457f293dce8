package org.tailjar.launcher;

import java.util.Map;

/**
 * One request.
 *
 * @param method in upper case
 * @param path decoded, without the query
 * @param query the first value of each parameter
 * @param host the Host header, empty when absent
 * @param fromBrowser whether it bears an Origin or Referer header
 * @param writer whether whoever sent it may change something
 * @param body what came with it
 */
record HttpCall(
    String method,
    String path,
    Map<String, String> query,
    String host,
    boolean fromBrowser,
    boolean writer,
    byte[] body) {

  /** A request without a body. */
  HttpCall(
      String method,
      String path,
      Map<String, String> query,
      String host,
      boolean fromBrowser,
      boolean writer) {
    this(method, path, query, host, fromBrowser, writer, new byte[0]);
  }

  /** A parameter of the query, or the empty text. */
  String parameter(String name) {
    return query.getOrDefault(name, "");
  }
}
