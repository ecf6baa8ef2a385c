import LatchkeyAuthority

/// Settings that nobody reads, or that the next start would refuse.
struct SettingsCheck {
    private let install: ExaminedInstall

    init(_ install: ExaminedInstall) { self.install = install }

    var findings: [Finding] {
        let found = [file, daemonEnvironment, ownEnvironment].compactMap(\.self)
        guard found.isEmpty else { return found }
        return [
            .ok(
                "settings",
                install.settingsFile.map { "nothing unknown in \($0) and the environment" } ?? "nothing unknown in the environment")
        ]
    }

    /// What `serve --check-config` would say of the file.
    private var file: Finding? {
        guard let path = install.settingsFile, case .failure(let failure) = install.settings else { return nil }
        if FileFacts.isOutOfReach(path) {
            return .skipped("settings", "this user may not read \(path)", mend: install.asRoot)
        }
        return .failed(
            "settings", "the next start would be refused: \(failure.message)",
            mend: "latchkey serve --config \(ShellWord.quoted(path)) --check-config")
    }

    private var daemonEnvironment: Finding? {
        let names = install.status?["settings"]?["unknownVariables"]?.texts ?? []
        guard !names.isEmpty else { return nil }
        return .warning(
            "settings", "in the daemon's environment there \(Self.list(names)), and no setting of that name: it changes nothing",
            mend: install.isPackaged ? "systemctl edit latchkey.service" : "env\(names.map { " -u \($0)" }.joined()) \(install.start)")
    }

    private var ownEnvironment: Finding? {
        let names = install.unknownVariables
        guard !names.isEmpty else { return nil }
        return .warning(
            "settings", "in this shell's environment there \(Self.list(names)), and no setting of that name: it changes nothing",
            mend: "unset \(names.joined(separator: " "))")
    }

    private static func list(_ names: [String]) -> String { (names.count == 1 ? "is " : "are ") + names.joined(separator: ", ") }
}
