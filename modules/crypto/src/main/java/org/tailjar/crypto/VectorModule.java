package org.tailjar.crypto;

import java.lang.module.ModuleFinder;

/**
 * The JDK's incubating Vector API. It is loaded when packets need it, not with the JVM: a JVM that
 * begins with {@code --add-modules=jdk.incubator.vector} prints a warning on standard error, and
 * makes its module graph anew instead of taking the archived one, which every command would pay.
 */
final class VectorModule {

  private static final String NAME = "jdk.incubator.vector";

  /** Where the JDK has what adds a module to a running JVM, as it does itself for agents. */
  private static final String LOADER_PACKAGE = "jdk.internal.module";

  private VectorModule() {}

  /** Whether {@link #load} will find it. */
  static boolean isPresent() {
    return ModuleLayer.boot().findModule(NAME).isPresent()
        || (Object.class.getModule().isExported(LOADER_PACKAGE, VectorModule.class.getModule())
            && ModuleFinder.ofSystem().find(NAME).isPresent());
  }

  /**
   * Makes it readable by our module, which does not name it in its descriptor, as it is incubating
   * and optional.
   *
   * @throws LinkageError if the JDK does not let it be loaded
   */
  static void load() {
    Module vectors = ModuleLayer.boot().findModule(NAME).orElseGet(VectorModule::add);
    VectorModule.class.getModule().addReads(vectors);
  }

  private static Module add() {
    try {
      return (Module)
          Class.forName(LOADER_PACKAGE + ".Modules")
              .getMethod("loadModule", String.class)
              .invoke(null, NAME);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("the JDK does not add " + NAME, e);
    }
  }
}
