/** Off-heap packet buffers, batches, IP headers, checksums, segmentation and coalescing. */
package org.tailjar.packet;
