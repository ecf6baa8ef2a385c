import Glibc
import NIOCore
import Testing

@testable import latchkey

/// What is told of a connection that was not made or broke, and the exit code of it.
@Suite struct ConnectionFailures {
    private static let doors: [DaemonDoor] = [
        .socket("/s", organisation: nil), .address(DaemonURL("http://127.0.0.1:1")!, key: nil, trust: .system),
    ]

    @Test(
        arguments: [
            (ChannelError.connectTimeout(.seconds(5)), "accepts no connection"), (ConnectionFailure.closed, ""),
            (IOError(errnoCode: EAGAIN, reason: "connect"), "temporarily unavailable"),
            (IOError(errnoCode: ECONNREFUSED, reason: "connect"), "nothing listens"),
        ] as [(any Error, String)])
    func `a connection that was not made is unreachable, whatever the reason`(error: any Error, words: String) {
        for door in Self.doors {
            let failure = CommandFailure(connecting: error, to: door)
            #expect(failure.code == .unreachable && failure.hint != nil && (words.isEmpty || failure.message.contains(words)))
        }
    }

    @Test func `an address without TLS behind it is asked whether it speaks it`() {
        let failure = CommandFailure(connecting: ConnectionFailure.handshakeTimeout, to: Self.doors[1])
        #expect(failure.code == .unreachable && failure.hint == "does it speak TLS?")
    }

    @Test(arguments: [
        (ConnectionFailure.silence, "the daemon at /s did not answer in time"),
        (.closed, "the connection to /s broke before the answer was there"),
    ])
    func `a request without an answer may have been done`(error: ConnectionFailure, message: String) {
        let failure = CommandFailure(unanswered: error, at: "/s")
        #expect(failure.code == .failed && failure.message == message && failure.hint?.contains("look before trying again") == true)
    }

    @Test func `an answer that stops coming is told from one that breaks off`() {
        #expect(CommandFailure(cutShort: ConnectionFailure.silence, at: "/s").message == "the daemon at /s has been silent for 60 s")
        #expect(CommandFailure(cutShort: ConnectionFailure.closed, at: "/s").message == "the answer of /s was cut short")
    }

    @Test(arguments: [
        ("http://localhost", "localhost", 80, "localhost", ""), ("https://keys.example/", "keys.example", 443, "keys.example", ""),
        ("HTTPS://[2001:db8::1]:8443/a/b//", "2001:db8::1", 8443, "[2001:db8::1]:8443", "/a/b"),
    ])
    func `an address is cut into what a connection and a request need`(
        text: String, host: String, port: Int, authority: String, path: String
    ) throws {
        let url = try #require(DaemonURL(text))
        #expect(url.host == host && url.port == port && url.authority == authority && url.path == path)
    }
}
