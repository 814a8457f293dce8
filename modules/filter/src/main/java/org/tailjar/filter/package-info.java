/** The packet filter that the network map prescribes. */
package org.tailjar.filter;
