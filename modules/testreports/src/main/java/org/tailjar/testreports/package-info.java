/** Records the tests that Surefire leaves out of its reports. */
package org.tailjar.testreports;
