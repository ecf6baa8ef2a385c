package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Asks this daemon for its JWKS in the way in which a verifier does: through its own listener, over TCP, or through the listener's inside door where
/// the socket was handed over to a process that may have no network. What comes is what is really served.
package struct ListenerProbe: Sendable {
    private static let path = "/.well-known/jwks.json"
    /// Bytes of a body.
    private static let largestBody = 256 * 1024

    private let host: String
    private let port: Int
    private let door: InsideDoor?
    private let certificate: ServingCertificate?
    private let limit: TimeAmount

    /// - Parameters:
    ///   - host: what the listener is bound to, an IP literal. One that stands for all addresses is asked at loopback.
    ///   - door: the way to take instead of the network.
    ///   - certificate: what the listener speaks TLS with.
    ///   - limit: how long all of it may take.
    package init(
        host: String, port: Int, door: InsideDoor? = nil, certificate: ServingCertificate? = nil, limit: TimeAmount = .seconds(5)
    ) {
        let bare = host.filter { $0 != "[" && $0 != "]" }
        self.host = ["0.0.0.0": "127.0.0.1", "::": "::1"][bare] ?? bare
        self.port = port
        self.door = door
        self.certificate = certificate
        self.limit = limit
    }

    /// A probe of a TCP socket by the name that it has for people.
    init(_ socket: BoundSocket, door: InsideDoor? = nil, certificate: ServingCertificate? = nil) {
        self.init(
            host: String(socket.name[..<(socket.name.lastIndex(of: ":") ?? socket.name.endIndex)]), port: socket.port ?? 0,
            door: door, certificate: certificate)
    }

    /// The document's bytes.
    ///
    /// - Throws: ``ProbeFailure``, when no 200 with a body of reasonable size comes in time.
    package func jwks() async throws -> [UInt8] {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: [UInt8].self)
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: Self.path,
            headers: ["host": "\(host.contains(":") ? "[\(host)]" : host):\(port)", "connection": "close"])
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(limit).channelInitializer { [limit, certificate] channel in
            channel.eventLoop.makeCompletedFuture {
                if let certificate { try channel.pipeline.syncOperations.addHandler(certificate.ownClientHandler()) }
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(
                    ProbeHandler(head, largestBody: Self.largestBody, limit: limit, answer: answer))
            }
        }
        do {
            if let door {
                _ = try await bootstrap.withConnectedSocket(door.connect()).get()
            } else {
                _ = try await bootstrap.connect(host: host, port: port).get()
            }
        } catch {
            answer.fail(ProbeFailure("it could not be reached at \(host), port \(port): \(error)"))
        }
        return try await answer.futureResult.get()
    }
}

/// Why a probe saw nothing, as the second half of a sentence.
package struct ProbeFailure: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
