/** An in-process control server, DERP server and STUN server for tests. */
package org.tailjar.testkit;
