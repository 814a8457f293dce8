package org.tailjar.crypto;

/** A message or a key of somebody else that cannot be accepted: forged, or of low order. */
public final class CryptoException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** An exception whose message has no secret. */
  public CryptoException(String message) {
    super(message);
  }
}
