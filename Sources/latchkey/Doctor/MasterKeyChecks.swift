import Glibc
import LatchkeyAuthority
import LatchkeyServer

/// The master key: there, the right one, and apart from the store.
struct MasterKeyChecks {
    private let install: ExaminedInstall

    init(_ install: ExaminedInstall) { self.install = install }

    var findings: [Finding] { [file, seal, disk] }

    /// Where it is read from at a start.
    private var source: MasterKey.Source? {
        guard let path = install.status?["seal"]?["masterKey"]?.text else { return unasked }
        // Behind a path that the settings don't come to stands the service manager.
        let own = [
            (try? install.settings.get())?.masterKey([:]).path, install.stateDirectory.map { $0 + "/master.key" },
            install.status?["stateDir"]?.text.map { $0 + "/master.key" },
        ]
        return own.contains(path) || !path.hasPrefix("/run/") ? .file(path) : .provided(path)
    }

    /// Where a daemon that does not answer would look.
    private var unasked: MasterKey.Source? {
        guard let directory = install.stateDirectory else { return nil }
        let place = (try? MasterKeyPlace.find(directory, settingsFile: install.settingsFile))?.path ?? directory + "/master.key"
        return place == Packaged.credential ? .provided(place) : .file(place)
    }

    /// The file as the next start finds it: a daemon that runs has the key in memory.
    private var file: Finding {
        let check = "master-key-file"
        guard let source else { return .skipped(check, "the state directory comes first") }
        let path = ShellWord.quoted(source.path)
        if FileFacts.isOutOfReach(source.path) {
            return .skipped(check, "this user may not read \(source.path), as it should be", mend: install.asRoot)
        }
        do throws(MasterKey.Problem) {
            _ = try MasterKey.read(source, owner: install.owner)
            return .ok(check, "\(source.path) is there, its owner's alone, and of the form of a master key")
        } catch {
            switch error {
            case .missing where !source.path.hasPrefix("/"):
                return .skipped(check, "the daemon calls it \(source.path), from a directory that is not known here")
            case .missing:
                return .failed(
                    check, "the master key \(source.path) is not there: the next start could sign nothing",
                    mend: "install -m 0400 COPY \(path)")
            case .unusable(let why):
                let owner = install.stateDirectory.map { "chown --reference=\(ShellWord.quoted($0)) \(path) && " } ?? ""
                return .failed(check, "the master key \(source.path) \(why)", mend: "\(owner)chmod 0400 \(path)")
            }
        }
    }

    private var seal: Finding {
        let check = "master-key"
        guard let status = install.status, let seal = status["seal"], let isOpen = seal["open"]?.bool else {
            return .skipped(check, install.silence)
        }
        guard isOpen else {
            return .failed(check, seal["reason"]?.text ?? "the sealed keys can't be opened", mend: "latchkey seal status")
        }
        guard let state = ServiceState("seal", in: status) else { return .skipped(check, install.silence) }
        if let sentence = state.trouble { return .warning(check, sentence, mend: "latchkey seal status") }
        let records = seal["records"]?.integer.map { $0 == 1 ? "the sealed record" : "all \($0) sealed records" } ?? "what is sealed"
        return .ok(check, "the master key opens \(records)")
    }

    private var disk: Finding {
        let check = "master-key-disk"
        let shares: Bool?
        if let status = install.status {
            shares = status["seal"]?["sharesDiskWithStore"]?.bool
        } else if let source, let directory = install.stateDirectory, (try? FileFacts(source.path)) != nil {
            shares = StateDirectory(directory).sharesDisk(with: source.path)
        } else {
            shares = nil
        }
        guard let shares else { return .skipped(check, "where the master key lies can't be told") }
        guard shares else { return .ok(check, "the master key lies on another disk than the store") }
        let place = Packaged.credential
        let elsewhere =
            "install -d -m 0700 /etc/credstore && mv \(ShellWord.quoted(source?.path ?? "master.key")) \(place) && chown root:root \(place) "
            + "&& systemctl restart latchkey"
        return .warning(
            check, "the master key lies on the store's own disk: who steals that disk has both",
            mend: install.isPackaged ? elsewhere : "move it to another disk, and say where: \(install.start) --master-key-file PATH")
    }
}
