/// How the process ends, as scripts see it (contract §10).
enum ExitStatus: Int32, Sendable {
    case done = 0
    /// The daemon, the file system or the input said no.
    case failed = 1
    /// The command line or the configuration is wrong; nothing was tried.
    case usage = 2
    /// An API key was minted, but its secret reached nobody.
    case notStored = 3
    /// No daemon answers at the socket.
    case unreachable = 4
    /// The token is not good.
    case unverified = 5
}
