/// What the daemon itself says of how it is.
struct DaemonChecks {
    /// Services of the status that have checks of their own.
    private static let own: Set<String> = ["store", "signing", "keyRing", "clock", "seal", "tls"]

    private let install: ExaminedInstall

    init(_ install: ExaminedInstall) { self.install = install }

    var findings: [Finding] { [socket, version, store, signing] + others }

    private var socket: Finding {
        switch install.answer {
        case .status(let status, _):
            let address = status["listen"]?.text.map { ", and listens at \($0)" } ?? ""
            return .ok("socket", "the daemon answers at \(install.socket)\(address)")
        case .notAllowed:
            return .skipped("socket", "this user may not ask the daemon: root and the members of its admin group may", mend: install.asRoot)
        case .none(let failure):
            // What answers with something else is not helped by another start.
            let mend = failure.code == .unreachable ? install.start : install.restart
            return .failed("socket", failure.message, mend: mend)
        }
    }

    private var version: Finding {
        guard let version = install.status?["version"]?.text else { return .skipped("version", install.silence) }
        guard version != Version.current else { return .ok("version", "the daemon and this command are \(version)") }
        return .warning("version", "the daemon is \(version), and this command is \(Version.current)", mend: install.restart)
    }

    private var store: Finding {
        guard let status = install.status else {
            return .skipped(
                "store", "a store is looked at row by row while no daemon has it", mend: install.check)
        }
        guard let state = ServiceState("store", in: status) else { return .skipped("store", install.silence) }
        guard case .ill(let sentence, let isUnhealthy) = state else { return .ok("store", "the store can be read and written") }
        guard isUnhealthy else { return .failed("store", sentence, mend: RoomCheck(install).look) }
        return .failed("store", sentence, mend: "\(install.stop), then: \(install.check)")
    }

    private var signing: Finding {
        guard let status = install.status else { return .skipped("signing", install.silence) }
        guard status["seal"]?["open"]?.bool == true else { return .skipped("signing", "nothing can sign before the master key is back") }
        guard let states = ServiceState.all(["signing", "keyRing"], in: status) else { return .skipped("signing", install.silence) }
        guard let sentence = states.compactMap(\.trouble).first else { return .ok("signing", "a key signs, and its standby is there") }
        return .failed("signing", sentence, mend: "latchkey signing-keys explain")
    }

    /// Parts of the install that this program does not know by name.
    private var others: [Finding] {
        guard let status = install.status else { return [] }
        return (status["services"]?.members ?? []).compactMap { name, _ in
            guard !Self.own.contains(name), let sentence = ServiceState(name, in: status)?.trouble else { return nil }
            return .warning(name, sentence, mend: "latchkey status")
        }
    }
}
