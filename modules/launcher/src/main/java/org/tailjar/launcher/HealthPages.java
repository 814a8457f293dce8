package org.tailjar.launcher;

import org.tailjar.tailnet.TailnetNode;

/**
 * What probes ask for. {@code /livez}: its threads run. {@code /readyz} and {@code /healthz} (the
 * incumbent's name): packets can flow; a server that is away changes neither, or an orchestrator
 * would restart what a restart cannot mend.
 */
final class HealthPages implements HttpHandler {
  private final TailnetNode node;

  HealthPages(TailnetNode node) {
    this.node = node;
  }

  @Override
  public HttpReply handle(HttpCall call) {
    if (!call.method().equals("GET") && !call.method().equals("HEAD")) {
      return HttpReply.text(405, "want GET");
    }
    return switch (call.path()) {
      case "/livez" -> node.live() ? HttpReply.text(200, "ok") : HttpReply.text(503, "not live");
      case "/readyz", "/healthz" -> ready();
      case "/metrics" -> Metrics.page(node);
      default -> HttpReply.text(404, "have /livez, /readyz, /healthz, /metrics");
    };
  }

  private HttpReply ready() {
    if (node.ready()) {
      return HttpReply.text(200, "ok");
    }
    var status = node.status();
    return HttpReply.text(
        503,
        "not ready: %s, server: %s"
            .formatted(Documents.backendState(status.state()), status.serverConnection()));
  }
}
