package org.tailjar.transport;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** The TLS contexts of a dialer: which certificates are believed. Safe for use by many threads. */
final class TrustedAuthorities {

  private final Collection<? extends Certificate> extra;
  private @Nullable SSLContext verifying;

  private TrustedAuthorities(Collection<? extends Certificate> extra) {
    this.extra = extra;
  }

  /**
   * The JDK's trust store, with the certificates of a PEM file added to it.
   *
   * @throws IOException when the file is of no use, which is said now and not when it is needed
   */
  static TrustedAuthorities with(@Nullable Path extraAuthorities) throws IOException {
    return new TrustedAuthorities(extraAuthorities == null ? List.of() : read(extraAuthorities));
  }

  /**
   * Believes what these authorities have signed. Made when it is first asked for: to read the JDK's
   * trust store takes a tenth of a second of a start that may need no TLS, or not yet.
   */
  synchronized SSLContext verifying() throws IOException {
    SSLContext made = verifying;
    if (made == null) {
      try {
        made = context(extra.isEmpty() ? null : trust());
      } catch (GeneralSecurityException e) {
        throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
      }
      verifying = made;
    }
    return made;
  }

  private TrustManager[] trust() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int count = 0;
    for (X509Certificate certificate : defaultAuthorities()) {
      store.setCertificateEntry("jdk" + count++, certificate);
    }
    for (Certificate certificate : extra) {
      store.setCertificateEntry("extra" + count++, certificate);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** Believes one exact certificate. */
  static SSLContext pinned(String sha256) throws IOException {
    byte[] expected;
    try {
      expected = HexFormat.of().parseHex(sha256.toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IOException("the certificate pin is not hexadecimal", e);
    }
    return custom(
        leaf -> {
          byte[] actual = MessageDigest.getInstance("SHA-256").digest(leaf.getEncoded());
          if (!MessageDigest.isEqual(expected, actual)) {
            throw new CertificateException("the certificate is not the pinned one");
          }
        });
  }

  /** Believes every certificate. */
  static SSLContext unverified() throws IOException {
    return custom(leaf -> {});
  }

  private static SSLContext custom(LeafCheck check) throws IOException {
    try {
      return context(new TrustManager[] {new LeafTrust(check)});
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  private static SSLContext context(TrustManager @Nullable [] trust)
      throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust, null);
    return context;
  }

  private static X509Certificate[] defaultAuthorities() throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init((KeyStore) null);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        return x509.getAcceptedIssuers();
      }
    }
    return new X509Certificate[0];
  }

  private static Collection<? extends Certificate> read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (found.isEmpty()) {
        throw new IOException("the CA file " + file + " holds no certificate in PEM form");
      }
      return found;
    } catch (NoSuchFileException e) {
      throw new IOException("the CA file " + file + " does not exist", e);
    } catch (CertificateException e) {
      throw new IOException("the CA file " + file + " is not a PEM file of certificates", e);
    }
  }

  @FunctionalInterface
  private interface LeafCheck {
    void check(X509Certificate leaf) throws GeneralSecurityException;
  }

  private static final class LeafTrust extends X509ExtendedTrustManager {
    private final LeafCheck leaf;

    LeafTrust(LeafCheck leaf) {
      this.leaf = leaf;
    }

    private void check(X509Certificate[] chain) throws CertificateException {
      try {
        leaf.check(chain[0]);
      } catch (CertificateException e) {
        throw e;
      } catch (GeneralSecurityException e) {
        throw new CertificateException(e);
      }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw new CertificateException("this side is never a server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      throw new CertificateException("this side is never a server");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("this side is never a server");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
