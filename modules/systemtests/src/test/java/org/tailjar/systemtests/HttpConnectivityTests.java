package org.tailjar.systemtests;

/** The story of {@link ConnectivityTests} with a control server on plain http. */
class HttpConnectivityTests extends ConnectivityTests {

  HttpConnectivityTests() {
    super(Lab.Scheme.HTTP);
  }
}
