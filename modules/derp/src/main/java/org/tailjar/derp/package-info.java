/** The DERP relay client. */
package org.tailjar.derp;
