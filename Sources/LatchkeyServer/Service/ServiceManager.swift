import Glibc

/// The service manager that started this process, and hears from it how it is (`sd_notify(3)`). Where there is none, nothing is said.
package struct ServiceManager: Sendable {
    /// What it can be told.
    enum Word: Sendable, Equatable {
        /// All sockets are served.
        case ready
        /// The end has begun; it takes as long as the requests that are being answered.
        case stopping
        /// Still alive, for its watchdog.
        case alive
        /// How it is, one line for people (`systemctl status`).
        case status(String)

        fileprivate var line: String {
            switch self {
            case .ready: "READY=1"
            case .stopping: "STOPPING=1"
            case .alive: "WATCHDOG=1"
            // A line feed would begin another word.
            case .status(let text): "STATUS=" + text.replacing("\n", with: " ")
            }
        }
    }

    /// Nobody is listening.
    package static let none = ServiceManager(path: nil, patience: nil)

    private let path: String?
    /// After which silence it ends this process; `nil`: it doesn't watch.
    package let patience: Duration?

    private init(path: String?, patience: Duration?) {
        self.path = path
        self.patience = patience
    }

    /// The one that the environment names. The variables are taken out, so that no child speaks for this process.
    ///
    /// Call it once, early, while no other thread reads the environment.
    package static func inherited() -> ServiceManager {
        var variables: [String: String] = [:]
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
            unsetenv(name)
        }
        return ServiceManager(variables: variables, process: getpid())
    }

    /// As ``inherited()``, from given variables.
    /// - Parameter process: the process that is asking; a watchdog for another one is ignored.
    init(variables: [String: String], process: pid_t) {
        guard let path = variables["NOTIFY_SOCKET"], path.hasPrefix("/") || path.hasPrefix("@") else {
            self.init(path: nil, patience: nil)
            return
        }
        let isForMe = variables["WATCHDOG_PID"].map { pid_t($0) == process } ?? true
        let microseconds = variables["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        self.init(path: path, patience: isForMe && microseconds > 0 ? .microseconds(microseconds) : nil)
    }

    /// Says it, all words in one message. A manager that does not listen changes nothing here: it has its own time limits.
    ///
    /// - Returns: whether it was heard.
    @discardableResult
    func tell(_ words: Word...) -> Bool {
        guard let path, let address = Self.address(path) else { return false }
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // A full queue is waited for, but not for ever.
        var second = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &second, socklen_t(MemoryLayout<timeval>.size))
        let message = Array(words.map(\.line).joined(separator: "\n").utf8)
        return SocketCalls.with(address.value) { name, _ in
            sendto(descriptor, message, message.count, CInt(MSG_NOSIGNAL), name, address.size) < 0 ? -1 : 0
        } == 0
    }

    /// The address of a path, or of a name without a file (`@…`, unix(7)): a zero byte stands before that one, and its length counts.
    private static func address(_ path: String) -> (value: sockaddr_un, size: socklen_t)? {
        guard var address = SocketCalls.unixAddress(path) else { return nil }
        guard path.hasPrefix("@") else { return (address, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0[0] = 0 }
        return (address, socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count))
    }
}
