package org.tailjar.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives the tests of a class a tailnet of their own, on loopback: a control server, a relay and a
 * STUN server. Parameters of the class's methods may be
 *
 * <ul>
 *   <li>the {@link org.tailjar.testkit.TestTailnet},
 *   <li>any number of {@link TestNode}, each of which has joined and sees the others; see {@link
 *       Joined}.
 * </ul>
 *
 * <p>All end with the last test of the class. For other settings of the servers register a {@link
 * TailnetExtension} instead.
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(TailnetExtension.class)
public @interface WithTailnet {}
