/** MagicDNS, see the module. */
package org.tailjar.dns;
