import LatchkeyVerifier

extension JSONValue {
    /// A time in RFC 3339.
    var moment: Timestamp? { text.flatMap { Timestamp(rfc3339: $0) } }
}
