import LatchkeyCrypto
import NIOCore
import NIOPosix
import NIOSSL

extension DaemonDoor {
    /// How long the daemon may take to accept a connection, and again for the TLS handshake.
    private static let patience = TimeAmount.seconds(5)

    /// Opens a connection through this door.
    ///
    /// - Parameter trust: for an `https` address.
    /// - Throws: `.unreachable`; nothing has been asked for then.
    func open(on group: any EventLoopGroup, trust: NIOSSLContext?) async throws(CommandFailure) -> HTTPConnection {
        do {
            switch self {
            case .socket(let path, _):
                return try await Self.bootstrap(group).connect(unixDomainSocketPath: path).flatMapThrowing { try HTTPConnection($0) }.get()
            case .address(let url, _, let kind):
                return try await Self.open(url, on: group, trust: trust, only: kind.only)
            }
        } catch {
            throw CommandFailure(connecting: error, to: self)
        }
    }

    private static func bootstrap(_ group: any EventLoopGroup) -> ClientBootstrap {
        ClientBootstrap(group: group).connectTimeout(patience)
    }

    /// - Parameter only: SHA-256 of the one certificate that the other side may show, where it is to be no other.
    private static func open(
        _ url: DaemonURL, on group: any EventLoopGroup, trust: NIOSSLContext?, only: String?
    ) async throws -> HTTPConnection {
        let address = try? SocketAddress(ipAddress: url.host, port: url.port)
        let bootstrap = bootstrap(group)
        let channel = address.map { bootstrap.connect(to: $0) } ?? bootstrap.connect(host: url.host, port: url.port)
        guard let trust else { return try await channel.flatMapThrowing { try HTTPConnection($0) }.get() }
        // A certificate for an address is compared with the address that was connected to (RFC 6066 §3 allows names only).
        let name = address == nil ? url.host : nil
        return try await channel.flatMap { Self.secured($0, trust: trust, name: only == nil ? name : nil, only: only) }.get()
    }

    /// On the channel's event loop: TLS, and HTTP on it once the other side has proven who it is.
    private static func secured(
        _ channel: any Channel, trust: NIOSSLContext, name: String?, only: String?
    ) -> EventLoopFuture<HTTPConnection> {
        let isDone = channel.eventLoop.makePromise(of: Void.self)
        let timer = channel.eventLoop.scheduleTask(in: patience) {
            isDone.fail(ConnectionFailure.handshakeTimeout)
            channel.close(promise: nil)
        }
        isDone.futureResult.whenComplete { _ in timer.cancel() }
        do {
            try channel.pipeline.syncOperations.addHandler(HandshakeHandler(isDone))
            try channel.pipeline.syncOperations.addHandler(handler(trust, name: name, only: only), position: .first)
        } catch {
            isDone.fail(error)
        }
        return isDone.futureResult.flatMapThrowing { try HTTPConnection(channel) }
    }

    private static func handler(_ trust: NIOSSLContext, name: String?, only: String?) throws -> NIOSSLClientHandler {
        guard let only else { return try NIOSSLClientHandler(context: trust, serverHostname: name) }
        return try NIOSSLClientHandler(
            context: trust, serverHostname: name,
            customVerificationCallback: { shown, verdict in
                let bytes = shown.first.flatMap { try? $0.toDERBytes() } ?? []
                verdict.succeed(Hexadecimal.text(SHA256.hash(bytes)) == only ? .certificateVerified : .failed)
            })
    }
}
