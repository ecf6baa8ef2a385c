import HTTPTypes
import LatchkeyStore
import Synchronization

/// Everything that this process counts of itself. Counting takes no lock; what is asked for is put together when it is asked for.
///
/// Written here rather than with a metrics package: what is counted is known when the program is made, so that each counter is a member
/// that costs one addition, where a registry would look it up by name.
package final class Metrics: Sendable {
    /// In the order of the table.
    let routes: [RouteMeter]
    /// For what reached no route: an unknown path, another method.
    let unmatched = RouteMeter(method: "other", path: "unknown")
    /// Answers of each error code.
    private let errors: [ErrorCode: Counter]
    let limitedRequests = Counter()
    let limitedMints = Counter()
    let commitTimes = Histogram()
    /// Changes that went to disk together.
    let commitSizes = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256])
    let signing = SigningMeter()
    package let network = ListenerMeter()
    package let admin = ListenerMeter()
    private let byName: [String: RouteMeter]
    private let limiter = Mutex<RequestLimiter?>(nil)
    private let began = MonotonicTime.now

    package init(_ table: RouteTable) {
        var byName: [String: RouteMeter] = [:]
        routes = table.routes.map { route in
            let meter = RouteMeter(method: route.method.rawValue, path: route.path)
            byName[route.name] = meter
            return meter
        }
        self.byName = byName
        errors = Dictionary(uniqueKeysWithValues: ErrorCode.allCases.map { ($0, Counter()) })
    }

    /// The meter of a route by its name.
    func route(_ name: String?) -> RouteMeter { name.flatMap { byName[$0] } ?? unmatched }

    func refused(_ code: ErrorCode) { errors[code]?.add() }

    /// How often each error code was answered, those that never were left out.
    var refusals: [(code: String, count: Int)] {
        ErrorCode.allCases.compactMap { code -> (code: String, count: Int)? in
            let count = errors[code]?.value ?? 0
            return count > 0 ? (code.rawValue, count) : nil
        }
    }

    /// Called on the writer's thread when a transaction is on disk.
    func committed(closures: Int, nanoseconds: UInt64) {
        commitSizes.record(closures)
        commitTimes.record(Int(clamping: nanoseconds))
    }

    func watch(_ limiter: RequestLimiter?) { self.limiter.withLock { $0 = limiter } }

    /// Client addresses that the limit of requests tells apart now; none when there is no such limit.
    var limitedAddresses: Int? { limiter.withLock { $0 }?.addresses }

    /// Since when this process counts.
    var uptimeNanoseconds: Int { Int(clamping: MonotonicTime.now - began) }
}
