import Glibc

extension BoundSocket {
    /// The listening sockets that the service manager opened for this process (`sd_listen_fds(3)`), in its order; empty when
    /// there are none. The variables are taken out of the environment, so that no child believes they are for it.
    ///
    /// Call it once, early, while no other thread reads the environment.
    /// - Throws: ``ListenerError`` when what was handed over is not a listening TCP or unix stream socket.
    package static func inherited() throws(ListenerError) -> [BoundSocket] {
        var variables: [String: String] = [:]
        for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
            unsetenv(name)
        }
        return try Self.inherited(variables: variables, process: getpid(), first: 3)
    }

    /// As ``inherited()``, from given variables.
    /// - Parameters:
    ///   - variables: `LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`.
    ///   - process: the process that is asking; variables for another one are ignored.
    ///   - first: the first descriptor that may be handed over.
    static func inherited(variables: [String: String], process: pid_t, first: CInt) throws(ListenerError) -> [BoundSocket] {
        guard let owner = variables["LISTEN_PID"], pid_t(owner) == process, let text = variables["LISTEN_FDS"] else { return [] }
        guard let count = CInt(text), (0...1024).contains(count) else {
            throw ListenerError(.badInheritance, "LISTEN_FDS is \"\(text)\", not a number of sockets; check the socket unit")
        }
        let names = variables["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false).map(String.init) ?? []
        // All become close-on-exec before any is judged, so that a refusal leaks none.
        for descriptor in first..<first + count {
            let flags = fcntl(descriptor, F_GETFD)
            guard flags >= 0, fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) == 0 else {
                throw ListenerError(.badInheritance, "descriptor \(descriptor) was announced but is not open; check the socket unit")
            }
        }
        var sockets: [BoundSocket] = []
        for index in 0..<count {
            sockets.append(try Self.adopt(first + index, named: Int(index) < names.count ? names[Int(index)] : nil))
        }
        return sockets
    }

    private static func adopt(_ descriptor: CInt, named: String?) throws(ListenerError) -> BoundSocket {
        func refusal(_ why: String) -> ListenerError {
            ListenerError(.badInheritance, "descriptor \(descriptor) \(why); only ListenStream= sockets with Accept=no can be served")
        }
        guard let type = SocketCalls.option(descriptor, SO_TYPE) else { throw refusal("is not a socket") }
        guard type == SocketCalls.stream else { throw refusal("is not a stream socket") }
        let family = SocketCalls.option(descriptor, SO_DOMAIN)
        guard let family, [AF_UNIX, AF_INET, AF_INET6].contains(family), let local = SocketCalls.localName(descriptor) else {
            throw refusal("is neither a TCP nor a unix socket")
        }
        guard SocketCalls.option(descriptor, SO_ACCEPTCONN) == 1 else { throw refusal("does not listen") }
        return BoundSocket(
            descriptor: descriptor,
            isUnix: family == AF_UNIX,
            name: local.name,
            port: local.port,
            activationName: named
        )
    }
}
