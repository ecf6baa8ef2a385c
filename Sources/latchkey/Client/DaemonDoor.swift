import LatchkeyCrypto

/// The way to the daemon, and as whom.
enum DaemonDoor: Sendable {
    /// The kernel says who calls. Without an organisation it is the install's first.
    case socket(_ path: String, organisation: String?)
    /// The API key says who calls, and in which organisation; without one, nobody does. `authorities` is a file of certificates.
    case address(DaemonURL, key: Secret?, authorities: String?)

    /// The place, as messages name it.
    var place: String {
        switch self {
        case .socket(let path, _): path
        case .address(let url, _, _): url.text
        }
    }
}
