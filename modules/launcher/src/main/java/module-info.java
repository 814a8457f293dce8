import org.jspecify.annotations.NullMarked;

/**
 * The container entry point and the {@code tailjar} command: the environment becomes a
 * configuration, one node runs from the start of the process to a signal, and programs on the same
 * system talk to it over the LocalAPI's socket and the health pages. Also the process's logging, a
 * backend of {@link System.Logger} that writes one line a message.
 */
@NullMarked
module org.tailjar.launcher {
  requires transitive static org.jspecify;
  requires org.tailjar.tailnet;
  // For the run that the AOT cache is made from.
  requires org.tailjar.dns;
  requires info.picocli;
  requires io.avaje.jsonb;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.transport;
  // Who is at the other end of a socket in the file system.
  requires jdk.net;

  // The command line parser fills the fields of the commands.
  opens org.tailjar.launcher to
      info.picocli;

  provides io.avaje.jsonb.spi.JsonbExtension with
      org.tailjar.launcher.jsonb.GeneratedJsonComponent;
  provides System.LoggerFinder with
      org.tailjar.launcher.ConsoleLogging;
}
