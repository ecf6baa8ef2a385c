import Glibc
import NIOCore
import NIOHTTP1

extension CommandFailure {
    /// A connection that was not made: nothing has reached the daemon.
    init(connecting error: any Error, to door: DaemonDoor) {
        if case ChannelError.connectTimeout = error {
            self.init(.unreachable, "the daemon at \(door.place) accepts no connection", hint: "look at its log")
            return
        }
        switch door {
        case .socket(let path, _): self.init(socket: path, error)
        case .address(let url, _, _): self.init(address: url, error)
        }
    }

    /// A request that got no answer, or no whole one; what the daemon made of it is not known.
    init(unanswered error: any Error, at place: String) {
        let hint = "whether the daemon did what was asked is not known: look before trying again"
        switch error {
        case ConnectionFailure.silence: self.init(.failed, "the daemon at \(place) did not answer in time", hint: hint)
        case ConnectionFailure.closed: self.init(.failed, "the connection to \(place) broke before the answer was there", hint: hint)
        default: self.init(.failed, "the connection to \(place) broke before the answer was there: \(error)", hint: hint)
        }
    }

    /// An answer that had begun and did not come to its end.
    init(cutShort error: (any Error)?, at place: String) {
        if case ConnectionFailure.silence? = error {
            self.init(
                .failed, "the daemon at \(place) has been silent for \(HTTPConnection.longestSilence) s", hint: "look at its log")
        } else {
            self.init(.failed, "the answer of \(place) was cut short", hint: "look at the daemon's log, and try again")
        }
    }

    private init(socket: String, _ error: any Error) {
        let number = (error as? IOError)?.errnoCode
        switch number {
        case ENOENT, ENOTDIR:
            self.init(
                .unreachable, "there is no socket at \(socket)",
                hint: "is the daemon running? start it with \"latchkey serve\", or name its socket with --socket PATH or LATCHKEY_SOCKET")
        case EACCES, EPERM:
            self.init(.unreachable, "the socket \(socket) may not be used by this user", hint: "be root, or a member of the group latchkey")
        case ECONNREFUSED:
            self.init(
                .unreachable, "nothing listens at \(socket)",
                hint: "the daemon has ended without taking its socket along: look at its log and start it again")
        default:
            let reason = number.map { "\(SystemError(number: $0))" } ?? "\(error)"
            self.init(.unreachable, "the daemon at \(socket) accepts no connection: \(reason)", hint: "look at its log")
        }
    }

    /// An answer that says no: the daemon's own sentence, and for scopes what was needed and what was held.
    init(answer: [UInt8], status: HTTPResponseStatus, headers: HTTPHeaders) {
        if (300..<400).contains(status.code) {
            let target = headers.first(name: "location").map { "give --url the address that it points to: \($0)" }
            self.init(.failed, "the answer is a redirect (status \(status.code)), and redirects are not followed", hint: target)
            return
        }
        guard let document = try? JSONDocument(answer), let message = document.root["message"]?.text else {
            self.init(
                .failed, "the daemon refused with status \(status.code) and no reason that is known here", hint: JSONScanner.foreign.hint)
            return
        }
        var hints: [String] = []
        if let required = document.root["required"]?.text { hints.append("needed: \(required)") }
        if let scope = document.root["scope"]?.text { hints.append("scope: \(scope)") }
        if let actual = document.root["actual"]?.texts {
            hints.append("held: \(actual.isEmpty ? "no scope" : actual.joined(separator: " "))")
        }
        if let readyAt = document.root["readyAt"]?.text { hints.append("possible from \(readyAt) on; before that with --now") }
        // Where one sentence says it all, it is the message.
        if let gates = document.root["gates"]?.texts?.filter({ $0 != message }), !gates.isEmpty {
            hints.append("refused by: \(gates.joined(separator: "; "))")
        }
        let retryAfter = headers.first(name: "retry-after")
        if let retryAfter { hints.append("try again in \(retryAfter) s") }
        let hint = hints.isEmpty ? nil : hints.joined(separator: "; ")
        self.init(.failed, message, hint: hint, refusal: document.root["code"]?.text, retryAfter: retryAfter.flatMap { Int64($0) })
    }
}
