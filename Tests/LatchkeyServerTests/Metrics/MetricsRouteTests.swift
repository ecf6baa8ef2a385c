import HTTPTypes
import LatchkeyAuthority
import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("The figures of a daemon")
    struct MetricsRouteTests {
        @Test("are on the admin socket alone, in Prometheus' text format, with one type for each family")
        func format() async throws {
            try await withDaemon { daemon in
                expectError(try await daemon.send("GET", "/metrics"), 404, "not_found")
                let key = try await daemon.key("*")
                expectError(
                    try await daemon.send("GET", "/metrics", [("x-api-key", key.secret)], to: daemon.socket), 403, "peer_not_allowed")
                let other = try await daemon.neighbour.orgId
                expectError(try await daemon.admin("GET", "/metrics?orgId=\(other)"), 403, "org_mismatch")
                let reply = try await daemon.admin("GET", "/metrics")
                #expect(reply.status == 200 && reply["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
                let figures = Figures(reply.text)
                #expect(figures.strange.isEmpty && figures.values.count > 500)
                for name in figures.values.keys {
                    let base = String(name.prefix { $0 != "{" })
                    let family = ["_bucket", "_sum", "_count"].first { base.hasSuffix($0) }.map { String(base.dropLast($0.count)) }
                    let kind = figures.families[base] ?? family.flatMap { figures.families[$0] == "histogram" ? "histogram" : nil }
                    #expect(kind != nil, "\(name)")
                }
            }
        }

        @Test("count each request under its declared path, whatever was asked for, with its time")
        func requests() async throws {
            try await withDaemon { daemon in
                let before = try await daemon.figures()
                let key = try await daemon.key("relayauth:api-key:read:*")
                #expect(try await daemon.call("GET", "/v1/api-keys/\(key.id)", key: key.secret).status == 200)
                #expect(try await daemon.call("GET", "/v1/api-keys/ak_nobody", key: key.secret).status == 404)
                #expect(try await daemon.send("GET", "/v1/api-keys/\(key.id)").status == 401)
                #expect(try await daemon.send("GET", "/nothing/lk_secret-in-a-path").status == 404)
                #expect(try await daemon.send("MKCOL", "/health").status == 405)
                let after = try await daemon.figures()
                func grown(_ name: String, _ labels: KeyValuePairs<String, String>) -> Double {
                    (after[name, labels] ?? 0) - (before[name, labels] ?? 0)
                }
                let (total, count) = ("latchkey_requests_total", "latchkey_request_duration_seconds_count")
                #expect(grown(total, ["method": "GET", "route": "/v1/api-keys/{id}", "code": "2xx"]) == 1)
                #expect(grown(total, ["method": "GET", "route": "/v1/api-keys/{id}", "code": "4xx"]) == 2)
                #expect(grown(count, ["method": "GET", "route": "/v1/api-keys/{id}"]) == 3)
                #expect(grown(total, ["method": "other", "route": "unknown", "code": "4xx"]) == 2)
                #expect(grown("latchkey_errors_total", ["code": "not_found"]) == 1)
                #expect(grown("latchkey_errors_total", ["code": "missing_authorization"]) == 1)
                #expect(grown("latchkey_errors_total", ["code": "method_not_allowed"]) == 1)
                for route in RouteTable.api.routes {
                    #expect(after[count, ["method": route.method.rawValue, "route": route.path]] != nil, "\(route.name)")
                }
                let labels: KeyValuePairs = ["method": "GET", "route": "/v1/api-keys/{id}"]
                #expect(after["latchkey_request_duration_seconds_sum", labels] ?? 0 > 0)
            }
        }

        @Test("count commits, signatures, keys, records, connections and limits")
        func others() async throws {
            try await withDaemon([.requestsPerSecond: "1", .mintsPerHour: "1"]) { daemon in
                let before = try await daemon.figures()
                let key = try await daemon.key("*")
                let identity = try await daemon.identity("relayauth:identity:read:*")
                _ = try await daemon.pair(identity)
                let mint = #"{"name":"k","scopes":["relayfile:fs:read:*"]}"#
                // The one request of this second, as the manual clock counts; then the one of the next.
                _ = try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: mint)
                expectError(try await daemon.send("GET", "/health"), 429, "rate_limited")
                daemon.clock.advance(seconds: 1)
                expectError(try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: mint), 429, "rate_limited")
                let after = try await daemon.figures()
                #expect(after["latchkey_limited_total", ["limit": "requests"]] == 1)
                #expect(after["latchkey_limited_total", ["limit": "mints"]] == 1)
                #expect(after["latchkey_limiter_addresses"] == 1)
                func grown(_ name: String) -> Double { (after[name] ?? 0) - (before[name] ?? 0) }
                #expect(grown("latchkey_store_commit_changes_count") >= 3 && grown("latchkey_store_commit_duration_seconds_sum") > 0)
                #expect(grown("latchkey_store_commit_duration_seconds_count") >= 3)
                #expect(grown("latchkey_store_commits_total") >= 3)
                #expect(grown("latchkey_signature_duration_seconds_count") == 1 && grown("latchkey_signature_wait_seconds_count") == 1)
                #expect(after["latchkey_signatures_waiting"] == 0 && grown("latchkey_signature_duration_seconds_sum") > 0)
                #expect(
                    after["latchkey_signing_keys", ["state": "active"]] == 1 && after["latchkey_signing_keys", ["state": "standby"]] == 1)
                let ids: KeyValuePairs = ["kind": "identities"]
                #expect((after["latchkey_records", ids] ?? 0) - (before["latchkey_records", ids] ?? 0) == 1)
                #expect(after["latchkey_connections", ["listener": "admin"]] ?? 0 >= 1)
                #expect(after["latchkey_connections_total", ["listener": "network"]] ?? 0 >= 3)
                #expect(after["latchkey_store_used_bytes"] ?? 0 > 0 && after["latchkey_store_room_bytes"] ?? 0 > 0)
                #expect(after["latchkey_build_info", ["version": "0.0-test"]] == 1 && after["latchkey_uptime_seconds"] ?? 0 > 0)
                #expect(after["latchkey_health", ["service": "store"]] == 0 && after["process_open_fds"] ?? 0 > 5)
            }
        }

        @Test("name no caller: no secret, no id, no address")
        func silence() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*", name: "the-name-of-a-key")
                let identity = try await daemon.identity("relayauth:identity:read:*", name: "the-name-of-somebody")
                let pair = try await daemon.pair(identity)
                _ = try await daemon.send("GET", "/v1/identities/\(identity)?x=\(key.secret)", [pair.bearer, ("user-agent", "agent-name")])
                let text = try await daemon.admin("GET", "/metrics").text
                let tokenId = try pair.tokenId
                for word in [
                    key.secret, key.id, String(key.secret.prefix(11)), identity, pair.access, pair.refresh, tokenId, "the-name-of",
                    "agent-name",
                    "127.0.0.1", daemon.authority.firstOrganisation,
                ] { #expect(!text.contains(word), "\(word)") }
                #expect(daemon.ledger.found(in: Array(text.utf8), rawHashes: true).isEmpty)
            }
        }
    }
}
