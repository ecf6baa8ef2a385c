import HTTPTypes
import LatchkeyStore
import Logging

/// What becomes known of a request on its way, for the figures and for its line in the log. Nothing that the client sent is kept but the
/// request's id: a path or a header may hold a secret.
struct RequestTrace {
    private let metrics: Metrics
    private let began = MonotonicTime.now
    /// The route that it has come to.
    var route: RouteMeter
    /// How the audit log names who calls.
    var caller: String?
    /// Whether it is the limit of requests that refused it.
    var isOverRequestLimit = false

    init(_ metrics: Metrics) {
        self.metrics = metrics
        route = metrics.unmatched
    }

    mutating func reached(_ route: Route?) { self.route = metrics.route(route?.name) }

    func refused(_ code: ErrorCode) {
        metrics.refused(code)
        guard code == .rateLimited else { return }
        if isOverRequestLimit { metrics.limitedRequests.add() } else { metrics.limitedMints.add() }
    }

    func end(_ status: HTTPResponse.Status, requestId: String, _ logger: Logger) {
        let nanoseconds = Int(clamping: MonotonicTime.now - began)
        route.record(status: status.code, nanoseconds: nanoseconds)
        logger.debug(
            "\(route.method) \(route.path) \(status.code)",
            metadata: [
                "method": "\(route.method)", "route": "\(route.path)", "status": "\(status.code)", "microseconds": "\(nanoseconds / 1000)",
                "requestId": "\(Self.shown(requestId))", "caller": "\(caller ?? "none")",
            ])
    }

    /// A request's id, or what a client says of itself, for the log and for the audit log: the client chose it, and a careless one puts its
    /// key or its token there.
    static func shown(_ text: String) -> String {
        ["lk_", "lkr_", "eyJ"].contains { text.contains($0) } ? "hidden" : text
    }
}
