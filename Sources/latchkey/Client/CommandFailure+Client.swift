import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1

extension CommandFailure {
    /// A request that got no answer. Only what proves that nothing reached the daemon is `.unreachable`.
    init(connecting error: any Error, socket: String) {
        switch (error, (error as? IOError)?.errnoCode) {
        case (_, ENOENT), (_, ENOTDIR):
            self.init(
                .unreachable, "there is no socket at \(socket)",
                hint: "is the daemon running? start it with \"latchkey serve\", or name its socket with --socket PATH or LATCHKEY_SOCKET")
        case (_, EACCES), (_, EPERM):
            self.init(.unreachable, "the socket \(socket) may not be used by this user", hint: "be root, or a member of the group latchkey")
        case (_, ECONNREFUSED):
            self.init(
                .unreachable, "nothing listens at \(socket)",
                hint: "the daemon has ended without taking its socket along: look at its log and start it again")
        case (let error as HTTPClientError, _) where error == .connectTimeout:
            self.init(.unreachable, "the daemon at \(socket) accepts no connection", hint: "look at its log")
        case (let error as HTTPClientError, _) where error == .deadlineExceeded || error == .readTimeout:
            self.init(
                .failed, "the daemon at \(socket) did not answer in time",
                hint: "whether it did what was asked is not known: look before trying again")
        default:
            self.init(
                .failed, "the connection to \(socket) broke before the answer was there: \(error)",
                hint: "whether the daemon did what was asked is not known: look before trying again")
        }
    }

    /// An answer that says no: the daemon's own sentence, and for scopes what was needed and what was held.
    init(answer: [UInt8], status: HTTPResponseStatus, retryAfter: String?) {
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
        if let retryAfter { hints.append("try again in \(retryAfter) s") }
        self.init(.failed, message, hint: hints.isEmpty ? nil : hints.joined(separator: "; "))
    }
}
