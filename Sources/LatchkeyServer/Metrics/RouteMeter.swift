/// How often one route was asked for, with which kind of answer, and how long the answers took: from the request's head to the answer's.
final class RouteMeter: Sendable {
    let method: String
    /// As it is declared, never as it was asked for: what clients send must not become a label.
    let path: String
    let latency = Histogram()
    /// By the hundreds of the status, from 1 to 5.
    private let statuses = (1...5).map { _ in Counter() }

    init(method: String, path: String) {
        self.method = method
        self.path = path
    }

    func record(status: Int, nanoseconds: Int) {
        latency.record(nanoseconds)
        statuses[min(max(status / 100, 1), 5) - 1].add()
    }

    /// Answers by kind: `2xx`.
    var answers: [(kind: String, count: Int)] { statuses.enumerated().map { ("\($0.offset + 1)xx", $0.element.value) } }
}
