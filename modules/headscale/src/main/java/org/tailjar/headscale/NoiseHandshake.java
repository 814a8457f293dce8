package org.tailjar.headscale;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.tailjar.crypto.CryptoException;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.MachinePublicKey;
import org.tailjar.crypto.NoiseSymmetricState;
import org.tailjar.crypto.X25519;

/**
 * The ts2021 handshake, {@code Noise_IK_25519_ChaChaPoly_BLAKE2s}, without I/O: this side begins,
 * the control server answers. The pattern is {@code -> e, es, s, ss} and {@code <- e, ee, se}
 * (Noise specification 7.5), both payloads empty. Used by one thread.
 */
public final class NoiseHandshake {

  /** The length of the initiation in bytes, with its header. */
  public static final int INITIATION_LENGTH = 101;

  /** The length of the response in bytes, with its header. */
  public static final int RESPONSE_LENGTH = 51;

  /** The length of the header that responses, errors and records begin with, in bytes. */
  public static final int HEADER_LENGTH = 3;

  static final byte TYPE_INITIATION = 1;
  static final byte TYPE_RESPONSE = 2;
  static final byte TYPE_ERROR = 3;

  private static final String PROTOCOL = "Noise_IK_25519_ChaChaPoly_BLAKE2s";
  private static final int INITIATION_HEADER_LENGTH = 5;
  private static final int KEY_LENGTH = 32;
  private static final int TAG_LENGTH = 16;
  private static final byte[] EMPTY = new byte[0];

  private final NoiseSymmetricState state;
  private final MachinePrivateKey machineKey;
  private final MachinePublicKey serverKey;
  private final byte[] ephemeral;
  private final byte[] initiation;

  private NoiseHandshake(
      MachinePrivateKey machineKey, MachinePublicKey serverKey, int version, byte[] ephemeral) {
    this.machineKey = machineKey;
    this.serverKey = serverKey;
    this.ephemeral = ephemeral;
    this.state = begin(version, serverKey);
    byte[] ephemeralPublic = X25519.publicKey(ephemeral);
    state.mixHash(ephemeralPublic); // e
    state.mixKey(X25519.sharedSecret(ephemeral, serverKey.bytes())); // es
    byte[] sealedStatic = state.encryptAndHash(machineKey.publicKey().bytes()); // s
    state.mixKey(X25519.sharedSecret(machineKey.bytes(), serverKey.bytes())); // ss
    byte[] tag = state.encryptAndHash(EMPTY);
    // The version precedes the type here, unlike in every other frame.
    initiation =
        ByteBuffer.allocate(INITIATION_LENGTH)
            .putShort((short) version)
            .put(TYPE_INITIATION)
            .putShort((short) (INITIATION_LENGTH - INITIATION_HEADER_LENGTH))
            .put(ephemeralPublic)
            .put(sealedStatic)
            .put(tag)
            .array();
  }

  /**
   * Begins a handshake.
   *
   * @param machineKey this machine's identity
   * @param serverKey the server's, as {@code GET /key} told
   * @param version the capability version, 1 to 65535
   * @throws CryptoException if the server's key is a point of low order
   */
  public static NoiseHandshake begin(
      MachinePrivateKey machineKey, MachinePublicKey serverKey, int version) {
    return begin(machineKey, serverKey, version, X25519.generatePrivateKey());
  }

  static NoiseHandshake begin(
      MachinePrivateKey machineKey, MachinePublicKey serverKey, int version, byte[] ephemeral) {
    return new NoiseHandshake(machineKey, serverKey, version, ephemeral.clone());
  }

  /** The 101 bytes for the X-Tailscale-Handshake header. */
  public byte[] initiation() {
    return initiation.clone();
  }

  /**
   * Takes the server's response; the handshake is then over.
   *
   * @param response the whole frame of 51 bytes
   * @throws NoiseException if it is not an authentic response of that server
   */
  public NoiseTransport complete(byte[] response) throws NoiseException {
    if (response.length != RESPONSE_LENGTH
        || response[0] != TYPE_RESPONSE
        || response[1] != 0
        || response[2] != RESPONSE_LENGTH - HEADER_LENGTH) {
      throw new NoiseException("the server's Noise response is malformed");
    }
    byte[] serverEphemeral =
        Arrays.copyOfRange(response, HEADER_LENGTH, HEADER_LENGTH + KEY_LENGTH);
    try {
      state.mixHash(serverEphemeral); // e
      state.mixKey(X25519.sharedSecret(ephemeral, serverEphemeral)); // ee
      state.mixKey(X25519.sharedSecret(machineKey.bytes(), serverEphemeral)); // se
      state.decryptAndHash(
          Arrays.copyOfRange(response, HEADER_LENGTH + KEY_LENGTH, RESPONSE_LENGTH));
      NoiseSymmetricState.Split keys = state.split();
      return new NoiseTransport(
          serverKey,
          state.handshakeHash(),
          new NoiseSender(keys.first()),
          new NoiseReceiver(keys.second()));
    } catch (CryptoException e) {
      throw new NoiseException("the server does not hold the key that it published", e);
    } finally {
      state.destroy();
      Arrays.fill(ephemeral, (byte) 0);
    }
  }

  /**
   * The text of an error frame, which the server may send in place of its response. It is not
   * authenticated: fit for a log line only.
   *
   * @param header the first three bytes that the server sent
   * @return the length of the text that follows, or -1 if this is no error frame
   */
  static int errorLength(byte[] header) {
    return header[0] == TYPE_ERROR
        ? Byte.toUnsignedInt(header[1]) << 8 | Byte.toUnsignedInt(header[2])
        : -1;
  }

  /**
   * The server's side of a handshake, for control servers in tests.
   *
   * @param transport the session; its peer is the machine that began
   * @param version the capability version in the initiation
   * @param response the 51 bytes to answer with
   */
  public record Accepted(NoiseTransport transport, int version, byte[] response) {}

  /**
   * Answers an initiation.
   *
   * @param serverKey the server's identity
   * @param initiation the whole frame of 101 bytes
   * @throws NoiseException if it is not an authentic initiation for that server
   */
  public static Accepted accept(MachinePrivateKey serverKey, byte[] initiation)
      throws NoiseException {
    return accept(serverKey, initiation, X25519.generatePrivateKey());
  }

  static Accepted accept(MachinePrivateKey serverKey, byte[] initiation, byte[] ephemeral)
      throws NoiseException {
    ByteBuffer in = ByteBuffer.wrap(initiation);
    if (initiation.length != INITIATION_LENGTH
        || initiation[2] != TYPE_INITIATION
        || in.getShort(3) != INITIATION_LENGTH - INITIATION_HEADER_LENGTH) {
      throw new NoiseException("the Noise initiation is malformed");
    }
    int version = Short.toUnsignedInt(in.getShort(0));
    in.position(INITIATION_HEADER_LENGTH);
    byte[] clientEphemeral = take(in, KEY_LENGTH);
    NoiseSymmetricState state = begin(version, serverKey.publicKey());
    try {
      state.mixHash(clientEphemeral); // e
      state.mixKey(X25519.sharedSecret(serverKey.bytes(), clientEphemeral)); // es
      byte[] clientStatic = state.decryptAndHash(take(in, KEY_LENGTH + TAG_LENGTH)); // s
      state.mixKey(X25519.sharedSecret(serverKey.bytes(), clientStatic)); // ss
      state.decryptAndHash(take(in, TAG_LENGTH));
      byte[] ephemeralPublic = X25519.publicKey(ephemeral);
      state.mixHash(ephemeralPublic); // e
      state.mixKey(X25519.sharedSecret(ephemeral, clientEphemeral)); // ee
      state.mixKey(X25519.sharedSecret(ephemeral, clientStatic)); // se
      byte[] response =
          ByteBuffer.allocate(RESPONSE_LENGTH)
              .put(TYPE_RESPONSE)
              .putShort((short) (RESPONSE_LENGTH - HEADER_LENGTH))
              .put(ephemeralPublic)
              .put(state.encryptAndHash(EMPTY))
              .array();
      NoiseSymmetricState.Split keys = state.split();
      NoiseTransport transport =
          new NoiseTransport(
              MachinePublicKey.of(clientStatic),
              state.handshakeHash(),
              new NoiseSender(keys.second()),
              new NoiseReceiver(keys.first()));
      return new Accepted(transport, version, response);
    } catch (CryptoException e) {
      throw new NoiseException("the Noise initiation is not for this server", e);
    }
  }

  private static NoiseSymmetricState begin(int version, MachinePublicKey serverKey) {
    if (version < 1 || version > 0xFFFF) {
      throw new IllegalArgumentException("version " + version + " does not fit its 16 bits");
    }
    NoiseSymmetricState state = new NoiseSymmetricState(PROTOCOL);
    state.mixHash(("Tailscale Control Protocol v" + version).getBytes(StandardCharsets.US_ASCII));
    state.mixHash(serverKey.bytes());
    return state;
  }

  private static byte[] take(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  @Override
  public String toString() {
    return "NoiseHandshake[server=" + serverKey + "]";
  }
}
