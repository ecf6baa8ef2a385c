/// Cuts a stream of server-sent events (HTML Living Standard §9.2) into the events' data and the comments between them.
struct EventStream {
    enum Item: Equatable {
        /// The data of one event.
        case event([UInt8])
        case comment(String)
    }

    /// The longest line, and the longest data of one event, in bytes.
    private static let longest = 1 << 20

    private var line: [UInt8] = []
    private var data: [UInt8]?
    private var endedWithReturn = false

    /// - Throws: `.failed` when a line or an event is longer than any of the daemon's.
    mutating func read(_ bytes: [UInt8], _ item: (Item) throws(CommandFailure) -> Void) throws(CommandFailure) {
        for byte in bytes {
            defer { endedWithReturn = byte == 0x0D }
            if byte == 0x0A, endedWithReturn { continue }
            guard byte == 0x0A || byte == 0x0D else {
                line.append(byte)
                guard line.count <= Self.longest else { throw JSONScanner.foreign }
                continue
            }
            let complete = line
            line.removeAll(keepingCapacity: true)
            if let found = try take(complete) { try item(found) }
        }
    }

    private mutating func take(_ line: [UInt8]) throws(CommandFailure) -> Item? {
        guard !line.isEmpty else {
            defer { data = nil }
            return data.map { .event($0) }
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let value = line[(colon + 1)...].first == 0x20 ? line[(colon + 2)...] : line[(colon + 1)...]
        if colon == 0 { return .comment(String(decoding: value, as: UTF8.self)) }
        guard line[..<colon].elementsEqual("data".utf8) else { return nil }
        data = data.map { $0 + [0x0A] + value } ?? Array(value)
        guard data!.count <= Self.longest else { throw JSONScanner.foreign }
        return nil
    }
}
