import ArgumentParser
import FoundationEssentials

/// How a command finds the daemon, and for whom it prints.
struct DaemonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The daemon's admin socket (LATCHKEY_SOCKET; default: \(SocketOptions.packagedSocket)).", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("In place of the socket: the daemon's address, http:// or https://.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("With --url: file of the API key to call with; nobody else may read it.", valueName: "path"))
    var apiKeyFile: String?

    @Option(help: ArgumentHelp("With --url: certificates (PEM) to trust in place of the system's.", valueName: "path"))
    var caFile: String?

    @Flag(help: "With --url: use plain http:// beyond this host, where the API key can be read on the way.")
    var allowPlaintext = false

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        guard let url else {
            let others = [(apiKeyFile != nil, "--api-key-file"), (caFile != nil, "--ca-file"), (allowPlaintext, "--allow-plaintext")]
            if let other = others.first(where: \.0) { throw ValidationError("\(other.1) goes with --url") }
            return
        }
        guard socket == nil else { throw ValidationError("--socket and --url are two ways to the daemon: give one of them") }
        let address = try DaemonURL.option(url, caFile: caFile)
        guard !address.isPlain || address.isLoopback || allowPlaintext else {
            throw ValidationError(
                "plain http:// beyond this host would show the API key to everybody on the way: use https://, or accept that with --allow-plaintext"
            )
        }
    }

    /// - Parameters:
    ///   - organisation: what `--org` said.
    ///   - isPublic: whether the route answers without a credential.
    /// - Throws: `.usage` when these options name no usable way, or the API key's file is not as it should be.
    func door(organisation: String?, isPublic: Bool) throws(CommandFailure) -> DaemonDoor {
        guard let url = url.flatMap({ DaemonURL($0) }) else {
            return try SocketOptions.door(SocketOptions.path(socket), organisation: organisation)
        }
        guard organisation == nil else {
            throw CommandFailure(
                .usage, "--org goes with the socket: an API key acts in its own organisation", hint: "leave --org away, or use another key")
        }
        guard apiKeyFile != nil || isPublic else {
            throw CommandFailure(.usage, "--url needs an API key to call with", hint: "name its file with --api-key-file PATH")
        }
        let key = try apiKeyFile.map { path throws(CommandFailure) in try APIKeyFile.read(path) }
        return .address(url, key: key, trust: caFile.map { TLSTrust.authorities($0) } ?? .system)
    }
}

/// As ``DaemonOptions``, for what the daemon answers on its admin socket alone.
struct SocketOptions: ParsableArguments {
    static let packagedSocket = "/run/latchkey/admin.sock"

    @Option(help: ArgumentHelp("The daemon's admin socket (LATCHKEY_SOCKET; default: \(Self.packagedSocket)).", valueName: "path"))
    var socket: String?

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func door() throws(CommandFailure) -> DaemonDoor { try Self.door(Self.path(socket), organisation: nil) }

    static func path(_ given: String?) -> String {
        if let given { return given }
        let variable = ProcessInfo.processInfo.environment["LATCHKEY_SOCKET"] ?? ""
        return variable.isEmpty ? packagedSocket : variable
    }

    static func door(_ path: String, organisation: String?) throws(CommandFailure) -> DaemonDoor {
        guard (1...107).contains(path.utf8.count) else {
            throw CommandFailure(.usage, "a socket's path has 1 to 107 bytes", hint: "name the daemon's admin socket with --socket PATH")
        }
        return .socket(path, organisation: organisation)
    }
}

/// The organisation that a command acts in.
struct OrganisationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The organisation to act in, over the socket (default: the first one).", valueName: "id"))
    var org: String?

    func validate() throws {
        guard let org else { return }
        guard (1...128).contains(org.utf8.count), org.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValidationError("--org is an organisation's id: 1 to 128 visible ASCII characters")
        }
    }
}

/// How much of a list is printed.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Stop after this many rows.", valueName: "n"))
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is a number from 1 on") }
    }
}
