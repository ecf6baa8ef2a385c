/// Where a scan starts and what it keeps to.
struct ScanRange {
    enum Start: Equatable {
        /// At the first key in the scan's direction.
        case edge
        /// At this key or, when it's missing, the next one in the scan's direction.
        case at([UInt8])
        /// At the next key in the scan's direction after this one.
        case beyond([UInt8])
    }

    let prefix: [UInt8]
    let descending: Bool
    /// `nil` when no key can be in the range.
    let start: Start?

    init(prefix: [UInt8], from: [UInt8]?, after: [UInt8]?, descending: Bool) {
        self.prefix = prefix
        self.descending = descending
        var bounds: [Start] = []
        if let from { bounds.append(.at(from)) }
        if let after { bounds.append(.beyond(after)) }
        if descending {
            if let end = Self.successor(of: prefix) { bounds.append(.beyond(end)) }
        } else if !prefix.isEmpty {
            bounds.append(.at(prefix))
        }
        var strictest = Start.edge
        for bound in bounds where Self.isStricter(bound, than: strictest, descending: descending) { strictest = bound }
        start = Self.normalised(strictest, descending: descending)
    }

    /// The lowest key that is above all keys with this prefix; `nil` when there is none (no prefix, or only 0xFF bytes).
    static func successor(of prefix: [UInt8]) -> [UInt8]? {
        guard let index = prefix.lastIndex(where: { $0 != 0xFF }) else { return nil }
        return prefix[..<index] + [prefix[index] + 1]
    }

    private static func isStricter(_ bound: Start, than other: Start, descending: Bool) -> Bool {
        guard let key = bound.key else { return false }
        guard let otherKey = other.key else { return true }
        if key == otherKey { return bound == .beyond(key) }
        return key.lexicographicallyPrecedes(otherKey) == descending
    }

    /// LMDB has no empty key and can't look for one: upwards every key is above it, downwards none is below.
    private static func normalised(_ start: Start, descending: Bool) -> Start? {
        guard let key = start.key, key.isEmpty else { return start }
        return descending ? nil : .edge
    }
}

extension ScanRange.Start {
    var key: [UInt8]? {
        switch self {
        case .edge: nil
        case .at(let key), .beyond(let key): key
        }
    }
}
