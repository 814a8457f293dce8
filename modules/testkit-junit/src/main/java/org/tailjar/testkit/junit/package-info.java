/** A tailnet for a test by one annotation. */
package org.tailjar.testkit.junit;
