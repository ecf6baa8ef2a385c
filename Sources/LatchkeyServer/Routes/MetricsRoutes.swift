import HTTPTypes
import LatchkeyAuthority
import NIOCore

/// The figures that a site's monitoring collects.
enum MetricsRoutes {
    static let all = [metrics]

    private static let metrics = Route.get("/metrics", "getMetrics", .operation, "Figures of this process, for Prometheus")
        .note("Text in Prometheus' exposition format 0.0.4. No figure names a caller.")
        .socketOnly
        .answers(.ok, contents: [("text/plain", .string())], headers: .noStore)
        .handle { call in
            try call.caller.requireOwn()
            let text = try await call.about.metrics.text(call)
            return Answer(
                .ok, headers: [.contentType: MetricsText.contentType, .cacheControl: "no-store"], body: ByteBuffer(bytes: text))
        }
}
