/** The container entry point and the tailjar command. */
package org.tailjar.launcher;
