import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier

extension Metrics {
    /// All figures as Prometheus reads them. No label names a caller, an id or an address: whoever may read figures need not know whose
    /// they are.
    ///
    /// Off the event loops: a file system may take its time to say how much room it has, and a process may have many descriptors to count.
    func text(_ call: Call) async throws -> [UInt8] { try await call.authority.aside { [self] in try figures(call) } }

    private func figures(_ call: Call) throws -> [UInt8] {
        let status = try call.authority.status()
        var text = MetricsText()
        writeInstall(status, call, &text)
        writeRequests(&text)
        writeRefusals(&text)
        writeStore(call, &text)
        writeSigning(status, &text)
        writeConnections(&text)
        writeProcess(&text)
        return text.bytes
    }

    private func writeInstall(_ status: AuthorityStatus, _ call: Call, _ text: inout MetricsText) {
        text.family("latchkey_build_info", .gauge, "The version that runs; the value is always 1.")
        text.sample("latchkey_build_info", 1, [("version", call.about.version)])
        text.family("latchkey_uptime_seconds", .gauge, "How long the daemon has been up.")
        text.sample("latchkey_uptime_seconds", seconds: uptimeNanoseconds)
        text.family("latchkey_health", .gauge, "How a part of the install is: 0 healthy, 1 degraded, 2 unhealthy.")
        for service in call.services {
            let level =
                switch service.level {
                case .healthy: 0
                case .degraded: 1
                case .unhealthy: 2
                }
            text.sample("latchkey_health", level, [("service", service.name)])
        }
        if let pair = call.about.certificate?.pair {
            text.single(
                "latchkey_tls_certificate_not_after_seconds", .gauge, Int(pair.ends.seconds),
                "When the TLS certificate that is served ends, in seconds since 1970.")
        }
        text.family("latchkey_records", .gauge, "Records in the store.")
        for (name, count) in status.counts { text.sample("latchkey_records", count, [("kind", "\(name)")]) }
    }

    private func writeRequests(_ text: inout MetricsText) {
        text.family("latchkey_requests_total", .counter, "Requests that were answered, by route and kind of answer.")
        for route in routes + [unmatched] {
            for (kind, count) in route.answers where count > 0 {
                text.sample("latchkey_requests_total", count, [("method", route.method), ("route", route.path), ("code", kind)])
            }
        }
        let name = "latchkey_request_duration_seconds"
        text.family(name, .histogram, "From a request's head to its answer's head, by route.")
        for route in routes + [unmatched] {
            text.histogram(name, route.latency, [("method", route.method), ("route", route.path)])
        }
    }

    private func writeRefusals(_ text: inout MetricsText) {
        text.family("latchkey_errors_total", .counter, "Answers with an error, by its code.")
        for (code, count) in refusals { text.sample("latchkey_errors_total", count, [("code", code)]) }
        text.family("latchkey_limited_total", .counter, "Requests that a limit refused.")
        text.sample("latchkey_limited_total", limitedRequests.value, [("limit", "requests")])
        text.sample("latchkey_limited_total", limitedMints.value, [("limit", "mints")])
        if let limitedAddresses {
            text.single(
                "latchkey_limiter_addresses", .gauge, limitedAddresses, "Client addresses that the limit of requests tells apart now.")
        }
    }

    private func writeStore(_ call: Call, _ text: inout MetricsText) {
        let figures = call.authority.storeStatistics
        text.single("latchkey_store_used_bytes", .gauge, figures.mapUsed, "Bytes of the store's file that were ever used.")
        text.single("latchkey_store_limit_bytes", .gauge, figures.mapSize, "The largest size that the store's file can have.")
        if let free = call.authority.storeRoom.free {
            text.single("latchkey_store_room_bytes", .gauge, Int(clamping: free), "Bytes that are free on the file system of the store.")
        }
        text.single("latchkey_store_writes_waiting", .gauge, figures.waiting, "Changes that wait for the writer.")
        text.single("latchkey_store_commits_total", .counter, figures.batches, "Transactions that were made durable.")
        text.single("latchkey_store_replays_total", .counter, figures.replays, "Transactions that were run again, change by change.")
        text.family("latchkey_store_commit_changes", .histogram, "Changes that went to disk in one transaction.")
        text.histogram("latchkey_store_commit_changes", commitSizes, isTime: false)
        text.family("latchkey_store_commit_duration_seconds", .histogram, "From a transaction's begin to its being on disk.")
        text.histogram("latchkey_store_commit_duration_seconds", commitTimes)
    }

    private func writeSigning(_ status: AuthorityStatus, _ text: inout MetricsText) {
        text.single("latchkey_signatures_waiting", .gauge, signing.waiting, "Signatures that wait for a thread.")
        text.family("latchkey_signature_wait_seconds", .histogram, "How long signatures waited for a thread.")
        text.histogram("latchkey_signature_wait_seconds", signing.waits)
        text.family("latchkey_signature_duration_seconds", .histogram, "How long a signature took.")
        text.histogram("latchkey_signature_duration_seconds", signing.times)
        text.family("latchkey_signing_keys", .gauge, "Signing keys that are remembered, by state.")
        for state in [SigningKeyRecord.State.standby, .active, .grace, .retired, .revoked] {
            text.sample("latchkey_signing_keys", status.keys.count { $0.state == state }, [("state", state.rawValue)])
        }
    }

    private func writeConnections(_ text: inout MetricsText) {
        let listeners = [("network", network.reading), ("admin", admin.reading)]
        text.family("latchkey_connections", .gauge, "Connections that are open.")
        for (name, reading) in listeners { text.sample("latchkey_connections", reading.open, [("listener", name)]) }
        text.family("latchkey_connections_total", .counter, "Connections that were accepted.")
        for (name, reading) in listeners { text.sample("latchkey_connections_total", reading.accepted, [("listener", name)]) }
        text.family("latchkey_accept_pauses_total", .counter, "Times that no descriptor or memory was left for a connection.")
        for (name, reading) in listeners { text.sample("latchkey_accept_pauses_total", reading.starved, [("listener", name)]) }
        text.single(
            "latchkey_tls_handshake_failures_total", .counter, network.reading.failedHandshakes, "TLS handshakes that failed.")
    }

    private func writeProcess(_ text: inout MetricsText) {
        let figures = ProcessFigures()
        if let bytes = figures.residentBytes {
            text.single("latchkey_process_own_memory_bytes", .gauge, bytes, "Memory in use that is the process's own.")
        }
        if let open = figures.openDescriptors { text.single("process_open_fds", .gauge, open, "Descriptors that are open.") }
        if let most = figures.mostDescriptors { text.single("process_max_fds", .gauge, most, "Descriptors that may be open.") }
    }
}
