/** {@link org.tailjar.assembler.Assembler}, and the operands of its instructions. */
package org.tailjar.assembler;
