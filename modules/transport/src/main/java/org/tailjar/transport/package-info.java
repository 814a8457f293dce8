/** Dialling out: bypass mark, extra certificate authorities, happy eyeballs, TLS. */
package org.tailjar.transport;
