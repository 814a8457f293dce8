/** JMH benchmarks of what is done for every packet. */
package org.tailjar.benchmarks;
