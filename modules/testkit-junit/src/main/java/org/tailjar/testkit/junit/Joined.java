package org.tailjar.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.tailjar.tailnet.DeviceKind;

/**
 * How the {@link TestNode} that a parameter asks for joins. The first parameter of a name in a
 * class has the node join; later ones are given the same node. Without this annotation a node is
 * called as the parameter is, and its packets are in memory.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface Joined {

  /**
   * Its host name; else the name of the parameter, for which {@code javac -parameters} is needed.
   */
  String name() default "";

  /**
   * Where its packets come from. In memory: no privilege is needed, and the test handles the
   * packets. A TUN interface: every program in this network namespace is on the tailnet; the test
   * is skipped where that is not permitted. One interface is all that a namespace takes, since the
   * kernel would not send packets between two through either.
   */
  DeviceKind device() default DeviceKind.MEMORY;

  /** Its tags, such as {@code tag:web}. */
  String[] tags() default {};
}
