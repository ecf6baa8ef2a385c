import LatchkeyScopes

/// The scopes that a mint asks for, and which promises of its profile they don't keep.
struct ScopePlan {
    /// A profile, and what of it is not kept.
    struct Promised {
        let profile: String
        let promises: Promises
        let unmet: [Promises.Unmet]

        /// For the facts of a key.
        var summary: String {
            let count = promises.all.count
            let all = count == 1 ? "its promise" : count == 2 ? "both promises" : "all \(count) promises"
            return unmet.isEmpty ? "\(profile): \(all) kept" : "\(profile): \(unmet.count) of \(count) promises not kept"
        }
    }

    let scopes: [String]
    let promised: Promised?

    /// - Parameter given: scopes from the command line; none leaves them to the profile.
    /// - Throws: `.failed` for a scope that is none, and for a profile that needs no key.
    init(given: [String], profile: Profile?, promises: Promises?) throws(CommandFailure) {
        guard let profile, let promises else {
            scopes = given
            promised = nil
            return
        }
        guard !given.isEmpty else {
            guard !promises.scopes.isEmpty else {
                throw CommandFailure(
                    .failed, "all that the profile \(profile.name) promises can be done without an API key; nothing was minted")
            }
            scopes = promises.scopes.texts
            promised = Promised(profile: profile.name, promises: promises, unmet: [])
            return
        }
        var held: [Scope] = []
        for text in given {
            do {
                held.append(try Scope(onAnyPlane: text))
            } catch {
                throw CommandFailure(.failed, "\(error.message); nothing was minted", hint: "scope: \(text)")
            }
        }
        scopes = given
        promised = Promised(profile: profile.name, promises: promises, unmet: promises.unmet(by: ScopeSet(held)))
    }

    /// What a scope was probably meant to be; `nil` when nothing speaks against it, and for a text that is none, which the daemon refuses.
    static func slip(in text: String) -> String? { (try? Scope(onAnyPlane: text))?.slip }

    /// Prints the promises that are not kept, to standard error.
    ///
    /// - Throws: `.failed` when there are any, unless that is accepted; and, in any case, for a scope that nobody can have meant.
    func requireKept(allowingUnmet: Bool) throws(CommandFailure) {
        for text in scopes {
            guard let slip = Self.slip(in: text) else { continue }
            throw CommandFailure(.failed, "\(slip) nothing was minted", hint: "scope: \(text)")
        }
        guard let promised, !promised.unmet.isEmpty else { return }
        for unmet in promised.unmet {
            Output.note("not kept: \(Shown.squeezed(unmet.promise.text)) \(ProfileReport.needs(unmet.missing))")
        }
        guard !allowingUnmet else { return }
        let count = promised.unmet.count
        throw CommandFailure(
            .failed,
            "these scopes don't keep \(count == 1 ? "a promise" : "\(count) promises") of the profile \(promised.profile); nothing was minted",
            hint: "leave the scopes to the profile, or mint all the same with --allow-unmet")
    }
}

extension DaemonClient {
    func plan(given: [String], profile: Profile?) async throws(CommandFailure) -> ScopePlan {
        guard let profile else { return try ScopePlan(given: given, profile: nil, promises: nil) }
        return try ScopePlan(given: given, profile: profile, promises: try await promises(of: profile))
    }
}
