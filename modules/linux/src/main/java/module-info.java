import org.jspecify.annotations.NullMarked;

/**
 * The Linux system calls that the JDK lacks, through JNA: UDP with segmentation offload, the TUN
 * device, eventfd and poll, routing netlink, and marks on the JDK's own sockets. Descriptors and
 * addresses stay inside; what goes out are objects that refuse work once closed.
 */
@NullMarked
module org.tailjar.linux {
  requires transitive static org.jspecify;
  requires transitive org.tailjar.packet;
  requires com.sun.jna;

  exports org.tailjar.linux;
}
