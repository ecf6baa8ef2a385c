import ArgumentParser
import FoundationEssentials

/// How a command finds the daemon, and for whom it prints.
struct DaemonOptions: ParsableArguments {
    static let packagedSocket = "/run/latchkey/admin.sock"

    @Option(help: ArgumentHelp("The daemon's admin socket (LATCHKEY_SOCKET; default: \(Self.packagedSocket)).", valueName: "path"))
    var socket: String?

    @Flag(help: "Print JSON, for programs.")
    var json = false

    var socketPath: String {
        if let socket { return socket }
        let variable = ProcessInfo.processInfo.environment["LATCHKEY_SOCKET"] ?? ""
        return variable.isEmpty ? Self.packagedSocket : variable
    }
}

/// The organisation that a command acts in.
struct OrganisationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The organisation to act in (default: the first one).", valueName: "id"))
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
