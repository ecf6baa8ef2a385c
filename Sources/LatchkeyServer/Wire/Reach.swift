import HTTPTypes
import LatchkeyAuthority

/// Who may still accept what a request revokes, for whoever asks to be told: `Prefer: return=representation` (RFC 7240 §4.2). Without it answers
/// are what they would be otherwise, and nothing is looked up.
struct Reach: Sendable {
    static let note = "With `Prefer: return=representation` the answer says who may still accept what, and until when."
    static let preference = Schema.string()
    /// Says that the preference was met (RFC 7240 §3).
    static let applied: HTTPFields = [.preferenceApplied: "return=representation"]
    static let member = Schema.Property.optional(
        "stillAcceptedBy", .concerned.noted("Who may still accept what was revoked; only where that was preferred and can be told"))

    /// None when nobody asked.
    let marks: RevocationMarks?
    private let authority: Authority

    init(_ call: Call) {
        authority = call.authority
        marks = call.header(.prefer).map(Self.isPreferred) == true ? RevocationMarks() : nil
    }

    /// Asked once the change has been committed; `nil` when nobody wants to know, and when it can't be told: the change is done all the same.
    var holders: [KeyHolder]? {
        get async {
            guard let marks else { return nil }
            return try? await authority.stillAccepting(marks)
        }
    }

    var headers: HTTPFields { marks == nil ? [:] : Self.applied }

    /// Preferences are separated by commas, and each may have parameters behind semicolons; unknown ones are passed over (RFC 7240 §2).
    private static func isPreferred(_ header: String) -> Bool {
        header.split(separator: ",").contains { part in
            let preference = part.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" && $0 != "\"" }
            return preference.lowercased() == "return=representation"
        }
    }
}

extension HTTPField.Name {
    static let prefer = HTTPField.Name("Prefer")!
    static let preferenceApplied = HTTPField.Name("Preference-Applied")!
}
