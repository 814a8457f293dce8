package org.tailjar.launcher;

import java.lang.module.ModuleDescriptor;
import java.util.Optional;

/** The version of this program. */
final class Version {
  /** As the build wrote it into the module's descriptor. */
  static final String TEXT =
      Optional.ofNullable(Version.class.getModule().getDescriptor())
          .flatMap(ModuleDescriptor::rawVersion)
          .orElse("unversioned");

  private Version() {}
}
