package org.tailjar.testkit.junit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.tailjar.tailnet.DeviceKind;
import org.tailjar.testkit.TestTailnet;

/**
 * What {@link WithTailnet} does. Registered in a static field it does so with other settings of the
 * servers; in an instance field, for each test anew:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final TailnetExtension TAILNET =
 *     new TailnetExtension(TestTailnet.builder().offlineGrace(Duration.ZERO));
 * }</pre>
 */
public final class TailnetExtension
    implements BeforeAllCallback, ExecutionCondition, ParameterResolver {

  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(TailnetExtension.class);

  private static final String MEMBERS = "members";

  private final TestTailnet.Builder settings;

  /** A tailnet as {@link TestTailnet#start()} starts it. */
  public TailnetExtension() {
    this(TestTailnet.builder());
  }

  /** A tailnet with these settings. */
  public TailnetExtension(TestTailnet.Builder settings) {
    this.settings = settings;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    members(context);
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<Method> method = context.getTestMethod();
    boolean wantsTun =
        method.isPresent()
            && Arrays.stream(method.get().getParameters())
                .map(parameter -> parameter.getAnnotation(Joined.class))
                .anyMatch(joined -> joined != null && joined.device() == DeviceKind.TUN);
    String missing = wantsTun ? TunPermission.missing() : null;
    return missing == null
        ? ConditionEvaluationResult.enabled("")
        : ConditionEvaluationResult.disabled("needs " + missing);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == TestTailnet.class || type == TestNode.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Members members = members(context);
    if (parameter.getParameter().getType() == TestTailnet.class) {
      return members.tailnet();
    }
    Joined joined = parameter.findAnnotation(Joined.class).orElse(null);
    try {
      return members.node(
          name(parameter.getParameter(), joined),
          joined == null ? DeviceKind.MEMORY : joined.device(),
          joined == null ? new String[0] : joined.tags());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ParameterResolutionException("interrupted while a node joined", e);
    }
  }

  private static String name(Parameter parameter, @Nullable Joined joined) {
    if (joined != null && !joined.name().isEmpty()) {
      return joined.name();
    }
    if (!parameter.isNamePresent()) {
      throw new ParameterResolutionException(
          "the node has no name: compile with -parameters, or annotate it with @Joined(name)");
    }
    return parameter.getName();
  }

  private Members members(ExtensionContext context) {
    ExtensionContext.Store store = context.getStore(NAMESPACE);
    // What an enclosing context has counts too, and is closed with that.
    Members known = store.get(MEMBERS, Members.class);
    return known != null ? known : store.computeIfAbsent(MEMBERS, key -> start(), Members.class);
  }

  private Members start() {
    try {
      return new Members(settings.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
