/// A named promise: what a service will use its API key for, and nothing else.
package struct Profile: Sendable, Equatable {
    /// Something that will be done with files.
    package struct FileUse: Sendable, Equatable {
        package let action: String
        package let path: String
        package let scope: Scope

        /// - Throws: `.unknownAction` with the nearest known one; `.invalidScope` for a path that is none.
        package init(action: String, path: String) throws(ProfileError) {
            guard action == "*" || KnownWords.actions.contains(action) else {
                throw ProfileError(
                    .unknownAction,
                    "is no action"
                        + (KnownWords.nearest(to: action, among: KnownWords.actions).map { "; did you mean \"\($0)\"?" }
                            ?? ": known are \(KnownWords.actions.joined(separator: ", ")) and *"))
            }
            do {
                scope = try Scope("relayfile:fs:\(action):\(path)")
            } catch {
                throw ProfileError(.invalidScope, "is no path of files: \(error.message)")
            }
            self.action = action
            self.path = scope.path
        }
    }

    package let name: String
    /// For people.
    package let description: String?
    /// The routes of this API that it will call.
    package let routes: [RouteName]
    package let files: [FileUse]
    /// What it needs of other services.
    package let scopes: [Scope]

    /// - Throws: `.invalidName`; `.promisesNothing`.
    package init(
        name: String, description: String? = nil, routes: [RouteName] = [], files: [FileUse] = [], scopes: [Scope] = []
    ) throws(ProfileError) {
        guard Self.isName(name) else {
            throw ProfileError(
                .invalidName, "is no name of a profile: use 1 to 100 letters, digits, \".\", \"_\" and \"-\", a letter or digit first")
        }
        guard !routes.isEmpty || !files.isEmpty || !scopes.isEmpty else {
            throw ProfileError(.promisesNothing, "promises nothing: give it routes, files or scopes")
        }
        self.name = name
        self.description = description
        self.routes = routes
        self.files = files
        self.scopes = scopes
    }

    /// The scopes that it names itself: the routes' are the daemon's to say.
    package var ownScopes: ScopeSet { ScopeSet(files.map(\.scope) + scopes) }

    private static func isName(_ name: String) -> Bool {
        let isPlain = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            default: false
            }
        }
        return (1...100).contains(name.utf8.count) && name.utf8.first.map(isPlain) == true
            && name.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }
}

extension Scope {
    /// Parses a text whose plane may be one that only the daemon's configuration knows: any that has the form of a plane is taken.
    package init(onAnyPlane text: String) throws(ScopeError) {
        let plane = String(text.prefix { $0 != ":" })
        try self.init(text, planes: (try? Planes(additional: [plane])) ?? .builtIn)
    }
}
