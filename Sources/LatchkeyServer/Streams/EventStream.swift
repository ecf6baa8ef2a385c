import HTTPTypes
import HummingbirdCore
import LatchkeyAuthority
import NIOCore

/// A subscription for as long as somebody holds on to it: whatever becomes of the answer, the hub is told.
final class EventLease: Sendable {
    let subscription: EventSubscription
    private let authority: Authority

    init(_ authority: Authority, _ subscription: EventSubscription) {
        self.authority = authority
        self.subscription = subscription
    }

    deinit {
        subscription.end(.gone)
        authority.unsubscribe(subscription)
    }
}

/// Events on their way to a client (WHATWG HTML §9.2, `text/event-stream`).
enum EventStream {
    static func answer(_ lease: EventLease) -> Answer {
        var headers: HTTPFields = [.cacheControl: "no-store"]
        headers[.contentType] = "text/event-stream"
        // Proxies that collect answers before they hand them on would make a feed of yesterday's news.
        headers[.accelBuffering] = "no"
        return .stream(headers) { writer in
            // Once there will be no more, nobody waits for a watcher that does not read: neither the daemon's stop nor the next watcher.
            if let answer = writer as? AnswerWriter { lease.subscription.whenEnded { answer.giveUpWaiting() } }
            try await writer.write(ByteBuffer(string: ": connected\n\n"))
            while let signal = await lease.subscription.next() {
                switch signal {
                case .heartbeat: try await writer.write(ByteBuffer(string: ": heartbeat\n\n"))
                case .event(let event): try await writer.write(frame(event))
                }
            }
            if let ending = lease.subscription.ending { try await writer.write(ByteBuffer(string: ": ended: \(ending.rawValue)\n\n")) }
        }
    }

    private static func frame(_ event: AuthorityEvent) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString("event: \(event.type)\n")
        if let id = event.entryId { buffer.writeString("id: \(id)\n") }
        buffer.writeString("data: ")
        buffer.writeBytes(event.json)
        buffer.writeString("\n\n")
        return buffer
    }
}

extension HTTPField.Name {
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!
}
