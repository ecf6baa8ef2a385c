extension TrustAnchor {
    /// This anchor, and those that follow it, each on the word of the one before.
    ///
    /// - Parameters:
    ///   - statements: the oldest first; what does not follow from this anchor says nothing.
    ///   - install: whose anchors they are.
    package func line(_ statements: [AnchorSuccession], of install: String) -> [TrustAnchor] {
        var line = [self]
        for statement in statements where statement.install.utf8.elementsEqual(install.utf8) {
            if let last = line.last, let next = try? statement.next(after: last) { line.append(next) }
        }
        return line
    }
}
