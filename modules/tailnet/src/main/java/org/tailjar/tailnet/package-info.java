/** The node: everything below it, composed. */
package org.tailjar.tailnet;
