import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.attribute.ModuleAttribute;
import java.lang.classfile.attribute.ModuleExportInfo;
import java.lang.classfile.attribute.ModuleOpenInfo;
import java.lang.classfile.attribute.ModulePackagesAttribute;
import java.lang.classfile.attribute.ModuleProvideInfo;
import java.lang.classfile.attribute.ModuleRequireInfo;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Makes the libraries fit for linking: {@code TrimLibraries.java FROM TO ARCHITECTURE}.
 *
 * <p>Every jar of {@code FROM} goes to {@code TO}, with these changes to those that are not ours:
 *
 * <ul>
 *   <li>modules of {@link #UNUSED_MODULES} are optional for everybody: JNA's published descriptor
 *       brings in java.desktop (16 MB), Bouncy Castle's java.sql and java.naming;
 *   <li>of the jars of {@link #SHAKEN}, only the classes stay that can be reached from ours, by
 *       references or by strings that name a class;
 *   <li>versioned classes take the place of the general ones; signatures and build records are left
 *       out;
 *   <li>JNA's native library for {@code ARCHITECTURE} goes to {@code TO/native}, since the runtime
 *       must not have to unpack it into a directory that can be written; those of other systems are
 *       left out;
 *   <li>jars that serve compilers alone ({@link #LEFT_OUT}) are left out.
 * </ul>
 */
final class TrimLibraries {

  private static final Set<String> UNUSED_MODULES =
      Set.of("java.desktop", "java.sql", "java.naming", "java.xml");
  private static final List<String> SHAKEN = List.of("bcprov-", "netty-");
  private static final List<String> LEFT_OUT = List.of("jspecify-", "avaje-jsonb-inject-plugin-");
  private static final String JNA_NATIVE = "com/sun/jna/";
  private static final int RELEASE = 25;

  private static final Pattern VERSIONED = Pattern.compile("META-INF/versions/(\\d+)/(.+)");
  private static final Pattern DESCRIPTOR = Pattern.compile("L([\\w$/]+)[;<]");
  private static final Pattern CLASS_NAME = Pattern.compile("[\\w$]+([./][\\w$]+)+");

  private final Map<Path, Map<String, byte[]>> jars = new TreeMap<>();
  private final Map<String, byte[]> shakenClasses = new TreeMap<>();
  private final Set<String> reached = new HashSet<>();
  private final Deque<String> unread = new ArrayDeque<>();

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 3) {
      System.err.println("usage: TrimLibraries.java FROM TO ARCHITECTURE");
      System.exit(64);
    }
    new TrimLibraries().run(Path.of(arguments[0]), Path.of(arguments[1]), arguments[2]);
  }

  private void run(Path from, Path to, String architecture) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".jar")).toList()) {
        if (!startsWithAny(file, LEFT_OUT)) {
          jars.put(file, read(file));
        }
      }
    }
    reach();
    Files.createDirectories(to.resolve("native"));
    for (Map.Entry<Path, Map<String, byte[]>> jar : jars.entrySet()) {
      Path target = to.resolve(jar.getKey().getFileName());
      if (isOurs(jar.getKey())) {
        Files.copy(jar.getKey(), target);
      } else {
        Map<String, byte[]> entries = jar.getValue();
        extractNative(entries, to.resolve("native"), architecture);
        if (startsWithAny(jar.getKey(), SHAKEN)) {
          shake(entries);
        }
        byte[] descriptor = entries.get("module-info.class");
        if (descriptor == null) {
          throw new IOException(jar.getKey() + " has no module descriptor: jlink cannot take it");
        }
        entries.put("module-info.class", patch(descriptor, packages(entries)));
        write(target, entries);
      }
    }
  }

  private static boolean startsWithAny(Path file, List<String> prefixes) {
    return prefixes.stream().anyMatch(file.getFileName().toString()::startsWith);
  }

  private static boolean isOurs(Path file) {
    return file.getFileName().toString().startsWith("tailjar-");
  }

  /** The entries as the runtime sees them, by name. */
  private static Map<String, byte[]> read(Path file) throws IOException {
    Map<String, byte[]> entries = new TreeMap<>();
    Map<String, Integer> versions = new TreeMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        if (entry.isDirectory()) {
          continue;
        }
        Matcher versioned = VERSIONED.matcher(entry.getName());
        String name = entry.getName();
        int version = 0;
        if (versioned.matches()) {
          version = Integer.parseInt(versioned.group(1));
          name = versioned.group(2);
        }
        if (name.startsWith("META-INF/") && !name.startsWith("META-INF/services/")) {
          continue;
        }
        if (version <= RELEASE && version >= versions.getOrDefault(name, 0)) {
          versions.put(name, version);
          entries.put(name, zip.getInputStream(entry).readAllBytes());
        }
      }
    }
    return entries;
  }

  /** Finds every class of the shaken jars that the other jars lead to. */
  private void reach() {
    jars.forEach(
        (jar, entries) -> {
          if (startsWithAny(jar, SHAKEN)) {
            entries.forEach(
                (name, bytes) -> {
                  if (name.endsWith(".class") && !name.equals("module-info.class")) {
                    shakenClasses.put(name.substring(0, name.length() - 6), bytes);
                  }
                });
          }
        });
    jars.forEach(
        (jar, entries) -> {
          if (isOurs(jar)) {
            entries.forEach(
                (name, bytes) -> {
                  if (name.endsWith(".class")) {
                    references(bytes, this::found);
                  }
                });
          }
        });
    for (String next = unread.poll(); next != null; next = unread.poll()) {
      references(shakenClasses.get(next), this::found);
    }
  }

  private void found(String name) {
    if (shakenClasses.containsKey(name) && reached.add(name)) {
      unread.add(name);
    }
  }

  private static void references(byte[] bytes, Consumer<String> found) {
    ClassModel model = ClassFile.of().parse(bytes);
    for (PoolEntry entry : model.constantPool()) {
      switch (entry) {
        case ClassEntry type -> found.accept(type.asInternalName());
        case StringEntry string when CLASS_NAME.matcher(string.stringValue()).matches() ->
            found.accept(string.stringValue().replace('.', '/'));
        case Utf8Entry text when text.stringValue().indexOf('L') >= 0 -> {
          Matcher descriptor = DESCRIPTOR.matcher(text.stringValue());
          while (descriptor.find()) {
            found.accept(descriptor.group(1));
          }
        }
        default -> {}
      }
    }
  }

  private void shake(Map<String, byte[]> entries) {
    entries
        .keySet()
        .removeIf(
            name ->
                name.endsWith(".class")
                    && !name.equals("module-info.class")
                    && !reached.contains(name.substring(0, name.length() - 6)));
    Set<String> packages = packages(entries);
    entries
        .keySet()
        .removeIf(
            name ->
                name.contains("/") && !packages.contains(name.substring(0, name.lastIndexOf('/'))));
  }

  /** The packages that hold a class, with slashes. */
  private static Set<String> packages(Map<String, byte[]> entries) {
    return entries.keySet().stream()
        .filter(name -> name.endsWith(".class") && name.contains("/"))
        .map(name -> name.substring(0, name.lastIndexOf('/')))
        .collect(Collectors.toSet());
  }

  private static void extractNative(Map<String, byte[]> entries, Path to, String architecture) {
    entries.forEach(
        (name, bytes) -> {
          if (name.startsWith(JNA_NATIVE + "linux-" + architecture + "/")) {
            try {
              Files.write(to.resolve(name.substring(name.lastIndexOf('/') + 1)), bytes);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        });
    entries
        .keySet()
        .removeIf(
            name ->
                name.startsWith(JNA_NATIVE)
                    && Stream.of(".so", ".dll", ".jnilib", ".a").anyMatch(name::endsWith));
  }

  private byte[] patch(byte[] descriptor, Set<String> packages) {
    ClassFile classFile = ClassFile.of();
    ClassModel model = classFile.parse(descriptor);
    ModuleAttribute old = model.findAttribute(Attributes.module()).orElseThrow();
    ModuleAttribute patched =
        ModuleAttribute.of(
            old.moduleName().asSymbol(),
            module -> {
              module.moduleFlags(old.moduleFlagsMask());
              old.moduleVersion().ifPresent(v -> module.moduleVersion(v.stringValue()));
              for (ModuleRequireInfo requires : old.requires()) {
                module.requires(relax(requires));
              }
              for (ModuleExportInfo exports : old.exports()) {
                if (packages.contains(exports.exportedPackage().name().stringValue())) {
                  module.exports(exports);
                }
              }
              for (ModuleOpenInfo opens : old.opens()) {
                if (packages.contains(opens.openedPackage().name().stringValue())) {
                  module.opens(opens);
                }
              }
              for (ClassEntry uses : old.uses()) {
                if (!isGone(uses)) {
                  module.uses(uses);
                }
              }
              for (ModuleProvideInfo provides : old.provides()) {
                if (provides.providesWith().stream().noneMatch(this::isGone)) {
                  module.provides(provides);
                }
              }
            });
    return classFile.transformClass(
        model,
        ClassTransform.dropping(
                element ->
                    element instanceof ModuleAttribute
                        || element instanceof ModulePackagesAttribute)
            .andThen(ClassTransform.endHandler(builder -> builder.with(patched))));
  }

  private boolean isGone(ClassEntry type) {
    String name = type.asInternalName();
    return shakenClasses.containsKey(name) && !reached.contains(name);
  }

  private static ModuleRequireInfo relax(ModuleRequireInfo requires) {
    if (!UNUSED_MODULES.contains(requires.requires().name().stringValue())) {
      return requires;
    }
    return ModuleRequireInfo.of(
        requires.requires(),
        (requires.requiresFlagsMask() & ~AccessFlag.TRANSITIVE.mask())
            | AccessFlag.STATIC_PHASE.mask(),
        requires.requiresVersion().orElse(null));
  }

  private static void write(Path file, Map<String, byte[]> entries) throws IOException {
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      out.setLevel(1);
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        ZipEntry header = new ZipEntry(entry.getKey());
        header.setTimeLocal(java.time.LocalDateTime.of(1980, 2, 1, 0, 0));
        out.putNextEntry(header);
        out.write(entry.getValue());
        out.closeEntry();
      }
    }
  }
}
