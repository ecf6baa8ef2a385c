import LatchkeyScopes
import LatchkeyVerifier

/// A profile, its promises and the scopes that keep them, for people and programs.
struct ProfileReport {
    static let titles = ["PROFILE", "PROMISE", "SCOPE"]

    let profile: Profile
    let promises: Promises

    /// One for each promise.
    var rows: [[String]] { promises.all.map { [profile.name, $0.text, $0.scopes.map(\.text).joined(separator: " ")] } }

    var facts: [(name: String, value: String?)] {
        var facts: [(name: String, value: String?)] = [("profile", profile.name), ("description", profile.description)]
        for promise in promises.all { facts.append(("promise", "\(promise.text): \(Self.needs(promise.scopes))")) }
        facts.append(("scopes", promises.scopes.isEmpty ? "none: no key is needed" : promises.scopes.texts.joined(separator: " ")))
        return facts
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", profile.name)
            writer.member("description", ifPresent: profile.description)
            writer.key("promises")
            writer.array { writer in
                for promise in promises.all {
                    writer.object { writer in
                        writer.member("promise", promise.text)
                        writer.member("scopes", promise.scopes.map(\.text))
                    }
                }
            }
            writer.member("scopes", promises.scopes.texts)
        }
    }

    static func needs(_ scopes: [Scope]) -> String {
        scopes.isEmpty ? "needs no scope" : "needs " + scopes.map(\.text).joined(separator: " ")
    }
}
