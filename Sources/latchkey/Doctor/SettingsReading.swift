import LatchkeyServer

/// The settings of an install, as far as this process can know them: a file, its own environment, and the state directory.
struct SettingsReading {
    let settings: Result<DaemonSettings, CommandFailure>
    let unknownVariables: [String]

    init(file path: String?, stateDirectory: String?, _ environment: [String: String]) {
        var flags: [Setting: String] = [:]
        if let stateDirectory { flags[.stateDirectory] = stateDirectory }
        unknownVariables = SettingValues(flags: [:], environment: environment, file: [:]).unknownVariables
        do {
            let values = SettingValues(flags: flags, environment: environment, file: try ConfigurationFile.read(path))
            settings = .success(try DaemonSettings(values))
        } catch {
            settings = .failure(CommandFailure(error) ?? CommandFailure(.usage, "\(error)"))
        }
    }

    /// Where the daemon with these settings has its admin socket.
    ///
    /// - Parameter isNamed: whether somebody said which install is meant.
    func socket(_ environment: [String: String], isNamed: Bool) -> String {
        let variable = environment["LATCHKEY_SOCKET"] ?? ""
        guard variable.isEmpty else { return variable }
        // The package's is the socket unit's, whatever the settings say.
        guard isNamed, let settings = try? settings.get(), settings.stateDirectory != Packaged.stateDirectory else {
            return SocketOptions.packagedSocket
        }
        return settings.adminSocket
    }
}
