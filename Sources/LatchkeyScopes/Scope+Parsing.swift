extension Scope {
    /// Parses `plane:resource:action[:path]` or a bare `*`.
    ///
    /// A missing path is `*`, a bare `*` is `*:*:*:*`, and repeated slashes of a file path become one. The limit of 256 bytes
    /// holds for the text as given and as normalised, so that what is stored always parses again.
    ///
    /// Throws a `ScopeError` whose code says the first rule that was broken.
    package init(_ text: String, planes: Planes = .builtIn) throws(ScopeError) {
        do throws(ScopeError.Code) {
            try self.init(checking: Self.fourParts(text), planes: planes, freePath: false)
        } catch {
            throw ScopeError(error, scope: text, planes: planes)
        }
    }

    /// A scope from parts that came apart, as a request for one file does. None of them is optional.
    ///
    /// The path may hold U+0020 and `:`, which a text could not. All other rules are those of a text, the length of the joined
    /// text included. A `:` in another part is refused, it never moves a boundary.
    package init(plane: String, resource: String, action: String, path: String, planes: Planes = .builtIn) throws(ScopeError) {
        do throws(ScopeError.Code) {
            // Measured first, so that an enormous part is neither joined nor quoted in the message of another refusal.
            let size = plane.utf8.count + resource.utf8.count + action.utf8.count + path.utf8.count + 3
            guard size <= Self.longestText else { throw .tooLong }
            guard !plane.utf8.contains(UInt8(ascii: ":")) else { throw .unknownPlane }
            guard !resource.utf8.contains(UInt8(ascii: ":")) else { throw .invalidResource }
            guard !action.utf8.contains(UInt8(ascii: ":")) else { throw .unknownAction }
            try self.init(checking: "\(plane):\(resource):\(action):\(path)", planes: planes, freePath: true)
        } catch {
            throw ScopeError(error, parts: [plane, resource, action, path], planes: planes, freePath: true)
        }
    }

    /// Reads a normalised text that this program wrote, at the cost of one pass and no allocation.
    ///
    /// The grammar is checked all the same, and a text that is not in its normalised form is refused, so a damaged or forged
    /// record grants nothing. Only the list of planes is not consulted: no request can name a plane that is no longer configured.
    package static func trusted(stored text: String) -> Scope? {
        guard let layout = try? ScopeLayout(checking: text, planes: nil, freePath: false) else { return nil }
        guard !layout.traits.contains(.repeatedSlash) else { return nil }
        return Scope(text: text, layout: layout)
    }

    init(checking text: String, planes: Planes?, freePath: Bool) throws(ScopeError.Code) {
        let layout = try ScopeLayout(checking: text, planes: planes, freePath: freePath)
        guard layout.traits.contains(.repeatedSlash) else {
            self.init(text: text, layout: layout)
            return
        }
        let collapsed = PathRules.collapsingSlashes(in: text, after: layout.actionEnd)
        self.init(text: collapsed, layout: try ScopeLayout(checking: collapsed, planes: planes, freePath: freePath))
    }

    /// Writes out what a short form leaves unsaid. Other texts come back as they are, for the grammar to judge.
    static func fourParts(_ text: String) -> String {
        if Words.isStar(text.utf8Span.span) { return "*:*:*:*" }
        return text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 2 ? text + ":*" : text
    }
}
