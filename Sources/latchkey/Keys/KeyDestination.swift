import Glibc
import LatchkeyCrypto

/// Where the secret of a new API key goes; made, and found usable, before the key is minted.
enum KeyDestination: ~Copyable {
    case file(KeyFile)
    case command(KeyCommand)
    case standardOutput

    var isStandardOutput: Bool {
        switch self {
        case .file: false
        case .command: false
        case .standardOutput: true
        }
    }

    /// - Parameter description: the key without its secret, as JSON; given when standard output is to get one JSON document with both.
    /// - Throws: why nobody has the secret now.
    consuming func deliver(_ secret: Secret, description: [UInt8]?) throws(CommandFailure) {
        switch consume self {
        case .file(let file): try file.store(secret)
        case .command(let command): try command.take(secret)
        case .standardOutput:
            let (before, after) =
                description.map { ("{\"apiKey\":" + String(decoding: $0, as: UTF8.self) + ",\"key\":\"", "\"}\n") } ?? ("", "\n")
            try Output.write(Array(before.utf8).span)
            try secret.withBytes { (bytes) throws(CommandFailure) in try Output.write(bytes) }
            try Output.write(Array(after.utf8).span)
        }
    }
}
