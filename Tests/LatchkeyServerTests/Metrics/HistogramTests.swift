import HTTPTypes
import Testing

@testable import LatchkeyServer

@Suite("Figures")
struct HistogramTests {
    @Test("A histogram counts each value in every bucket that it fits, and in the count of all")
    func buckets() {
        let histogram = Histogram(bounds: [10, 100])
        for value in [0, 10, 11, 100, 101, 5000] { histogram.record(value) }
        #expect(histogram.reading.cumulative == [2, 4, 6] && histogram.reading.sum == 5222)
    }

    @Test("A histogram loses nothing when many count at once")
    func together() async {
        let histogram = Histogram()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask { for _ in 0..<1000 { histogram.record(task) } }
            }
        }
        #expect(histogram.reading.cumulative.last == 8000 && histogram.reading.sum == 28_000)
    }

    @Test("The text is Prometheus' own, times in seconds, and no label ends a line or a value")
    func text() {
        let histogram = Histogram(bounds: [250_000, 1_000_000_000])
        for value in [200_000, 300_000, 2_000_000_000] { histogram.record(value) }
        var text = MetricsText()
        text.single("a_total", .counter, 3, "What it is.")
        text.family("b_seconds", .histogram, "Times.")
        text.histogram("b_seconds", histogram, [("name", "x\"y\\z\n")])
        #expect(
            String(decoding: text.bytes, as: UTF8.self) == #"""
                # HELP a_total What it is.
                # TYPE a_total counter
                a_total 3
                # HELP b_seconds Times.
                # TYPE b_seconds histogram
                b_seconds_bucket{name="x\"y\\z\n",le="0.00025"} 1
                b_seconds_bucket{name="x\"y\\z\n",le="1.0"} 2
                b_seconds_bucket{name="x\"y\\z\n",le="+Inf"} 3
                b_seconds_sum{name="x\"y\\z\n"} 2.0005
                b_seconds_count{name="x\"y\\z\n"} 3

                """#)
    }

    @Test("A route's answers are counted by kind")
    func route() {
        let meter = RouteMeter(method: "GET", path: "/x")
        for status in [200, 204, 404, 503, 99, 700] { meter.record(status: status, nanoseconds: 1) }
        #expect(meter.answers.map(\.count) == [1, 2, 0, 1, 2] && meter.answers[1].kind == "2xx")
        #expect(meter.latency.reading.cumulative.last == 6)
    }

    @Test("Every route of the API has a meter of its own; what is no route shares one")
    func routes() {
        let metrics = Metrics(.api)
        let meters = RouteTable.api.routes.map { metrics.route($0.name) }
        #expect(Set(meters.map { ObjectIdentifier($0) }).count == RouteTable.api.routes.count)
        #expect(zip(meters, RouteTable.api.routes).allSatisfy { $0.path == $1.path && $0.method == $1.method.rawValue })
        #expect(metrics.route("no such") === metrics.unmatched && metrics.route(nil) === metrics.unmatched)
    }

    @Test(
        "Descriptors are shared so that the admin socket has its own",
        arguments: [(0, 8, 8), (150, 65, 21), (1024, 720, 240), (65_536, 1024, 256)])
    func budget(_ limit: Int, _ network: Int, _ admin: Int) {
        let budget = DescriptorBudget(limit: limit)
        #expect(budget.network == network && budget.admin == admin)
        #expect(limit < 100 || budget.network + budget.admin + 64 <= limit)
    }
}
