package org.tailjar.systemtests;

/**
 * The story of {@link ConnectivityTests} with a control server on https whose authority is private.
 */
class HttpsConnectivityTests extends ConnectivityTests {

  HttpsConnectivityTests() {
    super(Lab.Scheme.HTTPS);
  }
}
