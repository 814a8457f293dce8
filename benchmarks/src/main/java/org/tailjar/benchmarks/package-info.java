/**
 * JMH benchmarks of what is done for every packet, every handshake and every network map. Those
 * that measure what a module keeps to itself lie in that module's package.
 */
package org.tailjar.benchmarks;
