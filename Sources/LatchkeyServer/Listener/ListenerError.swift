import Glibc

/// Why a socket could not be opened, taken over or served, with a sentence for the person who starts the daemon.
///
/// Two errors are equal when their codes are.
package struct ListenerError: Error, Equatable, CustomStringConvertible {
    /// What went wrong, for code that decides on it.
    package enum Code: Sendable, Hashable {
        /// The host or the path can't be an address.
        case invalidAddress
        /// Another process (or another socket of this one) has the address.
        case addressInUse
        /// The address does not exist on this host.
        case addressNotAvailable
        /// The operating system forbids it.
        case permissionDenied
        /// Something that is not a socket stands where the unix socket should be.
        case notASocket
        /// What the service manager handed over can't be served.
        case badInheritance
        /// The socket was served or closed before.
        case alreadyUsed
        /// Any other refusal of the operating system.
        case system
    }

    package var code: Code
    /// What was wrong and what to do.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }

    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }

    /// The error of a system call that failed just now.
    /// - Parameters:
    ///   - what: what was being done, as the beginning of a sentence ("can't listen on 127.0.0.1:80").
    ///   - number: `errno` of the failed call.
    static func system(_ what: String, errno number: CInt) -> ListenerError {
        let reason = String(cString: strerror(number))
        switch number {
        case EADDRINUSE:
            return ListenerError(.addressInUse, "\(what): another process has this address; stop it or choose another address")
        case EACCES, EPERM:
            return ListenerError(.permissionDenied, "\(what): \(reason); run as a user who may, or choose another address")
        case EADDRNOTAVAIL, EAFNOSUPPORT:
            return ListenerError(.addressNotAvailable, "\(what): this host has no such address (\(reason)); choose one that it has")
        case ENOENT, ENOTDIR:
            return ListenerError(.invalidAddress, "\(what): \(reason); create the directory first")
        default:
            return ListenerError(.system, "\(what): \(reason)")
        }
    }
}
