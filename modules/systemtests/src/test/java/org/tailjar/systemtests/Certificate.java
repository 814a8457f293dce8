package org.tailjar.systemtests;

import java.nio.file.Path;

/**
 * A certificate of {@code hs.lab} that is its own authority.
 *
 * @param pem the certificate, which is also the private authority's
 * @param key its private key
 */
record Certificate(Path pem, Path key) {

  /** Makes one, in files of the network. */
  static Certificate make(HostNetwork network) {
    Certificate certificate = new Certificate(network.file("tls.pem"), network.file("tls.key"));
    Shell.run(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=hs.lab",
            "-addext",
            "subjectAltName=DNS:hs.lab,IP:" + HostNetwork.SERVER_ADDRESS,
            "-keyout",
            certificate.key().toString(),
            "-out",
            certificate.pem().toString())
        .succeeded();
    return certificate;
  }
}
