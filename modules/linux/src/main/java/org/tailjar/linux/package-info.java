/** The Linux system calls that the JDK lacks, through JNA. */
package org.tailjar.linux;
