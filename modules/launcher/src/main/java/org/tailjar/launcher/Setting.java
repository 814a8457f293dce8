package org.tailjar.launcher;

/**
 * A value that the user gave.
 *
 * @param name the place where it was found, as the user knows it
 */
record Setting(String name, String value) {}
