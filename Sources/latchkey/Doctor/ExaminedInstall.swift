import FoundationEssentials
import Glibc
import LatchkeyAuthority
import LatchkeyServer
import LatchkeyVerifier

/// An install as the doctor finds it: what the command line and the settings say of it, and what its daemon says, if one answers.
struct ExaminedInstall {
    /// What came of asking the daemon.
    enum Answer {
        case status(JSONValue, jwks: [UInt8]?)
        /// This user may not ask it.
        case notAllowed
        case none(CommandFailure)
    }

    /// Where the daemon was asked.
    let socket: String
    let answer: Answer
    /// The settings file that counts.
    let settingsFile: String?
    /// Names of this process's environment that look like settings and are none.
    let unknownVariables: [String]
    /// What the settings come to, as far as they are known here: the daemon may have been given others on its command line.
    let settings: Result<DaemonSettings, CommandFailure>
    /// Where the state is, when that is known.
    let stateDirectory: String?
    /// Whether that was said on the command line, and so is not the daemon's word.
    let isStateDirectoryGiven: Bool
    let now: Timestamp

    /// The daemon's status; `nil` when there is none.
    var status: JSONValue? { if case .status(let status, _) = answer { status } else { nil } }

    /// Whose the state is.
    var owner: uid_t? { stateDirectory.flatMap { try? FileFacts($0) }?.owner }

    /// Whether this is the install of the Debian package: then systemd starts and stops it.
    var isPackaged: Bool { stateDirectory == Packaged.stateDirectory }

    /// Why something that only the daemon knows can't be said.
    var silence: String {
        switch answer {
        case .status: "only the daemon knows, and it does not say"
        case .notAllowed: "only the daemon knows, and this user may not ask it"
        case .none: "only the daemon knows, and it does not answer"
        }
    }

    var start: String {
        if isPackaged { return "systemctl start latchkey" }
        if let settingsFile { return "latchkey serve --config \(ShellWord.quoted(settingsFile))" }
        return "latchkey serve --state-dir \(stateDirectory.map { ShellWord.quoted($0) } ?? "DIR")"
    }

    var restart: String { isPackaged ? "systemctl restart latchkey" : "\(stop), then: \(start)" }

    var stop: String { isPackaged ? Packaged.stop : "stop the daemon" }

    /// Looks at every row of the store, while no daemon has it.
    var check: String { "latchkey fsck --state-dir \(stateDirectory.map { ShellWord.quoted($0) } ?? "DIR")" }

    /// As whom what is out of reach can be looked at.
    var asRoot: String { "sudo latchkey doctor" }
}

extension ExaminedInstall {
    /// Looks, and asks the daemon; changes nothing.
    ///
    /// - Throws: `.usage` for a socket that can be none.
    init(stateDirectory given: String?, settingsFile named: String?, socket path: String?) async throws {
        let environment = ProcessInfo.processInfo.environment
        let variable = environment["LATCHKEY_CONFIG"] ?? ""
        let file = named ?? (variable.isEmpty ? nil : variable)
        let first = SettingsReading(file: file, stateDirectory: given, environment)
        socket = path ?? first.socket(environment, isNamed: given != nil || file != nil)
        answer = try await Self.ask(socket)
        var status: JSONValue?
        if case .status(let answered, _) = answer { status = answered }
        // The file that the daemon has read; where none answers, the package's.
        let fallback = given == nil && status == nil && (try? FileFacts(Packaged.settingsFile)) != nil ? Packaged.settingsFile : nil
        settingsFile = file ?? status?["settings"]?["file"]?.text ?? fallback
        let directory = given ?? status?["stateDir"]?.text
        let reading = SettingsReading(file: settingsFile, stateDirectory: directory, environment)
        settings = reading.settings
        unknownVariables = reading.unknownVariables
        stateDirectory = directory ?? (try? reading.settings.get())?.stateDirectory
        isStateDirectoryGiven = given != nil
        now = SystemClock().now()
    }

    private static func ask(_ socket: String) async throws(CommandFailure) -> Answer {
        if FileFacts.isOutOfReach(socket, R_OK | W_OK) { return .notAllowed }
        do {
            return try await DaemonClient.with(SocketOptions.door(socket, organisation: nil)) { (client) async throws -> Answer in
                let status = try await client.get("/v1/admin/status").root
                return .status(status, jwks: try? await client.bytes("/.well-known/jwks.json"))
            }
        } catch {
            guard let failure = error as? CommandFailure else { return .none(CommandFailure(.failed, "\(error)")) }
            // A way that no daemon can be at.
            if failure.code == .usage { throw failure }
            return failure.refusal == "peer_not_allowed" ? .notAllowed : .none(failure)
        }
    }
}
