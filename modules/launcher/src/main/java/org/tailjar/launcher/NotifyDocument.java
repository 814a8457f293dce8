package org.tailjar.launcher;

import io.avaje.jsonb.Json;
import io.avaje.jsonb.Json.Property;
import org.jspecify.annotations.Nullable;

/**
 * One message of {@code watch-ipn-bus} as the incumbent's LocalAPI writes it; what is absent did
 * not change.
 *
 * @param state number of the backend's state in the incumbent's order
 * @param browseToUrl where a person has to log in
 */
@Json
public record NotifyDocument(
    @Property("Version") String version,
    @Property("SessionID") @Nullable String sessionId,
    @Property("State") @Nullable Integer state,
    @Property("BrowseToURL") @Nullable String browseToUrl,
    @Property("Prefs") @Nullable PrefsDocument prefs,
    @Property("InitialStatus") @Nullable StatusDocument initialStatus) {}
