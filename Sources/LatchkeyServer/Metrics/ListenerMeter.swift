/// What is counted of one listener's connections.
package final class ListenerMeter: Sendable {
    private let accepted = Counter()
    private let ended = Counter()
    private let failedHandshakes = Counter()
    private let starved = Counter()

    package init() {}

    func began() { accepted.add() }
    func finished() { ended.add() }
    func handshakeFailed() { failedHandshakes.add() }
    /// There was no descriptor or no memory for a connection that waits.
    func ranOut() { starved.add() }

    struct Reading {
        let accepted: Int
        let open: Int
        let failedHandshakes: Int
        let starved: Int
    }

    var reading: Reading {
        // What has ended first: a connection that ends in between must not make the difference negative.
        let ended = ended.value
        let accepted = accepted.value
        return Reading(accepted: accepted, open: accepted - ended, failedHandshakes: failedHandshakes.value, starved: starved.value)
    }
}
