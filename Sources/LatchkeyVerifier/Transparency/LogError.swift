/// Why something that tells of an audit log is not good. Two errors are equal when their reasons are.
public struct LogError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The fixed list of reasons, spelled as programs see them.
    public enum Reason: String, Sendable, CaseIterable {
        /// Not a checkpoint, a proof or a head in the form that this version reads.
        case malformed
        /// No signature of this anchor.
        case anchor
        /// The proof does not lead from the entry to the root that was signed.
        case notIncluded = "not_included"
        /// The log is not one that goes on where another ended.
        case inconsistent
    }

    public let reason: Reason
    /// A sentence for a person.
    public let message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    public var description: String { message }

    public static func == (a: Self, b: Self) -> Bool { a.reason == b.reason }
}
