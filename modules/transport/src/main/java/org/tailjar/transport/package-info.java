/** Dialling out: bypass mark, extra certificate authorities, TLS. */
package org.tailjar.transport;
