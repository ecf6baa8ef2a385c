/// Where the parts of a four-part text are, and what matching has to know of them. Making one is the check of the grammar:
/// a text without a layout is not a scope.
struct ScopeLayout: Sendable {
    struct Traits: OptionSet, Sendable {
        let rawValue: UInt8
        static let anyPlane = Traits(rawValue: 1)
        static let anyResource = Traits(rawValue: 2)
        static let anyPath = Traits(rawValue: 4)
        /// Exactly `relayfile:fs`.
        static let files = Traits(rawValue: 8)
        /// A file path that ends in `/*`.
        static let below = Traits(rawValue: 16)
        /// A file path with `//` in it: good, but not in its normalised form.
        static let repeatedSlash = Traits(rawValue: 32)
    }

    private let ends: (plane: UInt16, resource: UInt16, action: UInt16)
    let action: Action
    private(set) var traits: Traits

    var planeEnd: Int { Int(ends.plane) }
    var resourceEnd: Int { Int(ends.resource) }
    var actionEnd: Int { Int(ends.action) }

    /// Checks a text of four parts.
    ///
    /// - Parameters:
    ///   - planes: the planes that may be named; without them any that has the form of one.
    ///   - freePath: whether the path may hold spaces and `:`.
    /// - Throws: the first rule that the text breaks. Characters that can't be seen come before all rules that name a part, so
    ///   the part in an error's message is always printable.
    init(checking text: String, planes: Planes?, freePath: Bool) throws(ScopeError.Code) {
        let bytes = text.utf8Span.span
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Scope.longestText else { throw .tooLong }
        let marks = try Marks(of: text, bytes, freePath: freePath)
        guard !marks.doubleStar else { throw .doubleWildcard }
        guard marks.colons == 3 else { throw .tooFewParts }
        let (first, second, third) = marks.places
        guard first > 0, second > first + 1, third > second + 1, bytes.count > third + 1 else { throw .emptySegment }
        guard !marks.colonInPath else { throw .colonInPath }

        let plane = bytes.extracting(0..<first)
        let resource = bytes.extracting((first + 1)..<second)
        let path = bytes.extracting((third + 1)..<bytes.count)
        var traits: Traits = []
        if Words.isStar(plane) {
            traits.insert(.anyPlane)
        } else {
            guard planes?.contains(plane) ?? Words.isName(plane) else { throw .unknownPlane }
        }
        if Words.isStar(resource) {
            traits.insert(.anyResource)
        } else {
            guard Words.isName(resource) else { throw .invalidResource }
        }
        guard let action = Action(bytes.extracting((second + 1)..<third)) else { throw .unknownAction }

        if Words.isStar(path) { traits.insert(.anyPath) }
        let relayfile = Words.same(plane, "relayfile".utf8Span.span)
        let fs = Words.same(resource, "fs".utf8Span.span)
        if relayfile && fs { traits.insert(.files) }
        if !traits.contains(.anyPath) {
            if (relayfile || traits.contains(.anyPlane)) && (fs || traits.contains(.anyResource)) {
                traits.formUnion(try PathRules.checkFile(path))
            } else {
                try PathRules.checkOther(path)
            }
        }
        self.ends = (UInt16(first), UInt16(second), UInt16(third))
        self.action = action
        self.traits = traits
    }
}
