import LatchkeyStore
import LatchkeyVerifier

/// What the status says of the host that the daemon lives on.
extension Schema {
    static let settingsSource = Schema.object([
        .optional("file", .string().noted("The settings file that was read at the start")),
        .required(
            "unknownVariables",
            .array(of: .string()).sampled([]).noted("Names of the daemon's environment that look like settings and are none")),
    ])

    static let storeRoom = Schema.object([
        .required("path", .string().sampled("/var/lib/latchkey/store")), .required("usedBytes", .integer(0...Int64.max)),
        .required("largestBytes", .integer(0...Int64.max)),
        .optional("freeBytes", .integer(0...Int64.max).noted("Free where the store is")),
        .required(
            "headroomBytes", .integer(0...Int64.max).noted("What is kept for revocations and clean-up: with less, nothing is minted")),
    ])
}

extension JSONWriter {
    mutating func settingsSource(_ about: About) {
        key("settings")
        object { writer in
            writer.member("file", ifPresent: about.settingsFile)
            writer.member("unknownVariables", about.unknownVariables)
        }
    }

    mutating func store(_ room: StoreRoom) {
        key("store")
        object { writer in
            writer.member("path", room.directory)
            writer.member("usedBytes", Int64(room.used))
            writer.member("largestBytes", Int64(room.largest))
            if let free = room.free { writer.member("freeBytes", Int64(clamping: free)) }
            writer.member("headroomBytes", Int64(room.headroom))
        }
    }
}
