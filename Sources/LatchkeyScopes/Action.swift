/// What a scope lets its holder do.
enum Action: String, Sendable, CaseIterable {
    case any = "*"
    case read, write, create, delete, manage, run, send, invoke, trigger

    init?(_ word: Span<UInt8>) {
        for action in Self.allCases where Words.same(action.rawValue.utf8Span.span, word) {
            self = action
            return
        }
        return nil
    }

    /// Whether a grant of this action covers a request for `other`.
    ///
    /// `manage` takes in the four ways to handle a thing, never the ways to set something going, and nothing takes in `manage`
    /// but itself and `*`. A request for `*` asks for all of them, so only `*` covers it.
    func covers(_ other: Action) -> Bool {
        switch self {
        case .any: true
        case .manage: other == .manage || other == .read || other == .write || other == .create || other == .delete
        default: self == other
        }
    }
}
