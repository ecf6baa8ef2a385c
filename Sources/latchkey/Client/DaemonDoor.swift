import LatchkeyAuthority
import LatchkeyCrypto

/// The way to the daemon, and as whom.
enum DaemonDoor: Sendable {
    /// The kernel says who calls. Without an organisation it is the install's first.
    case socket(_ path: String, organisation: String?)
    /// The API key says who calls, and in which organisation; without one, nobody does. `trust` is for an `https` address.
    case address(DaemonURL, key: Secret?, trust: TLSTrust)

    /// What a command line needs to come to it, with a space before each option; what is taken without them is left out.
    var options: String {
        switch self {
        case .socket(let path, let organisation):
            let socket = path == SocketOptions.path(nil) ? "" : " --socket \(ShellWord.quoted(path))"
            return socket + (organisation.map { " --org \(ShellWord.quoted($0))" } ?? "")
        case .address(let url, _, let trust):
            return " --url \(ShellWord.quoted(url.text)) --api-key-file FILE"
                + trust.options
        }
    }

    /// The place, as messages name it.
    var place: String {
        switch self {
        case .socket(let path, _): path
        case .address(let url, _, _): url.text
        }
    }
}
