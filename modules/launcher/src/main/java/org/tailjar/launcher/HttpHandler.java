package org.tailjar.launcher;

/** Answers requests, many at a time, each on a virtual thread of its own. */
@FunctionalInterface
interface HttpHandler {
  /** The answer; it may take its time. */
  HttpReply handle(HttpCall call) throws InterruptedException;
}
