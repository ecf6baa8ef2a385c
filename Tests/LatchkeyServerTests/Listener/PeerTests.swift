import Glibc
import Testing

@testable import LatchkeyServer

@Suite("The peer of a connection", .timeLimit(.minutes(1)))
struct PeerTests {
    private static let naming = Answering { _, peer in
        switch peer {
        case .unix(let peer): .text("unix \(peer.uid) \(peer.gid) \(peer.groups.map(String.init).joined(separator: ","))")
        case .network(let address): .text("network \(address)")
        }
    }

    private static func ownGroups() -> [gid_t] {
        var groups = [gid_t](repeating: 0, count: 65_536)
        let count = getgroups(CInt(groups.count), &groups)
        return Array(groups.prefix(Int(max(0, count))))
    }

    @Test func `on a unix socket has the kernel's word for user and groups`() async throws {
        try await withDirectory { directory in
            let socket = try BoundSocket.unix(path: "\(directory)/a.sock", mode: 0o600, group: nil)
            try await withServer(on: socket, Self.naming) { server in
                let groups = Self.ownGroups().map(String.init).joined(separator: ",")
                let answer = try await server.exchange(getAndClose).text
                #expect(answer.hasSuffix("unix \(geteuid()) \(getegid()) \(groups)"))
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root may take other groups"))
    func `on a unix socket has all its supplementary groups`() async {
        await #expect(processExitsWith: .success) {
            let many = (5000..<5300).map { gid_t($0) }
            precondition(setgroups(many.count, many) == 0)
            precondition(setegid(4343) == 0)
            try await withDirectory { directory in
                let socket = try BoundSocket.unix(path: "\(directory)/a.sock", mode: 0o600, group: nil)
                try await withServer(on: socket, PeerTests.naming) { server in
                    let groups = many.map(String.init).joined(separator: ",")
                    let answer = try await server.exchange(getAndClose).text
                    precondition(answer.hasSuffix("unix 0 4343 \(groups)"))
                }
            }
        }
    }

    @Test func `on a TCP socket has its address`() async throws {
        try await withServer(Self.naming) { server in
            let answer = try await server.exchange(getAndClose)
            #expect(answer.text.hasSuffix("network 127.0.0.1"))
        }
        try await withServer(on: try .tcp(host: "::1", port: 0), Self.naming) { server in
            let answer = try await blocking {
                let client = try RawClient.tcp6(server.port)
                defer { client.close() }
                try client.send(getAndClose)
                return client.receiveAll()
            }
            #expect(answer.text.hasSuffix("network ::1"))
        }
    }

    @Test func `on an IPv6 socket has its IPv4 address when it came by IPv4`() async throws {
        try await withServer(on: try .tcp(host: "::ffff:127.0.0.1", port: 0), Self.naming) { server in
            let answer = try await server.exchange(getAndClose)
            #expect(answer.text.hasSuffix("network 127.0.0.1"))
        }
        #expect(Peer.unmapped("::ffff:10.0.0.1") == "10.0.0.1")
        #expect(Peer.unmapped("::ffff:0:1") == "::ffff:0:1")
        #expect(Peer.unmapped("fe80::1") == "fe80::1")
    }
}
