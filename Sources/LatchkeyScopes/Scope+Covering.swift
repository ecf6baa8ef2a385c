extension Scope {
    /// Whether this scope, as a grant, covers `request`.
    ///
    /// A `*` of the grant covers any value of its part; a `*` of the request asks for all values and is covered by `*` alone. So
    /// for a request with wildcards the answer is yes only if the grant covers everything that the request could stand for.
    package func covers(_ request: Scope) -> Bool {
        guard layout.action.covers(request.layout.action) else { return false }
        let mine = text.utf8Span.span
        let theirs = request.text.utf8Span.span
        if !layout.traits.contains(.anyPlane) {
            guard Words.same(mine.extracting(0..<layout.planeEnd), theirs.extracting(0..<request.layout.planeEnd)) else { return false }
        }
        if !layout.traits.contains(.anyResource) {
            let resource = mine.extracting((layout.planeEnd + 1)..<layout.resourceEnd)
            let asked = theirs.extracting((request.layout.planeEnd + 1)..<request.layout.resourceEnd)
            guard Words.same(resource, asked) else { return false }
        }
        if layout.traits.contains(.anyPath) { return true }
        let path = mine.extracting((layout.actionEnd + 1)..<mine.count)
        let asked = theirs.extracting((request.layout.actionEnd + 1)..<theirs.count)
        guard layout.traits.contains(.below), request.standsForFilesOnly else { return Words.same(path, asked) }
        // `/docs/*` covers what begins with `/docs/`, another `…/*` included. A `*` alone, which asks for all, begins with no slash.
        let above = path.count - 1
        return asked.count >= above && Words.same(path.extracting(0..<above), asked.extracting(0..<above))
    }

    /// Whether all requests that this one stands for are for files.
    ///
    /// `relayfile:*:read:/docs/a` is also a request for the thing named `/docs/a` of resources that are no file trees, where a
    /// grant of `/docs/*` says nothing. With `/*` at its end it is not, because a path of those can't hold a `*`.
    private var standsForFilesOnly: Bool {
        layout.traits.contains(.files) || layout.traits.contains(.below)
    }
}
