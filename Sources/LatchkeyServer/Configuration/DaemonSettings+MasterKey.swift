import Glibc
package import LatchkeyAuthority

extension DaemonSettings {
    /// Where the master key is: the configured file, else what the service manager provides, else beside the store.
    package func masterKey(_ environment: [String: String]) -> MasterKey.Source {
        if let file = masterKeyFile { return .file(file) }
        if let directory = environment["CREDENTIALS_DIRECTORY"] {
            let path = directory + "/latchkey-master-key"
            if access(path, F_OK) == 0 { return .provided(path) }
        }
        return .file(stateDirectory + "/master.key")
    }
}
