@_spi(_Unicode) import Swift

/// Text that people will see: names, reasons, metadata. It is kept in Unicode's normal form C, and holds nothing that can't be seen or that
/// changes how the text around it is shown (contract §1, design §5).
package enum DisplayText {
    /// The text in normal form C.
    ///
    /// - Parameter scalars: how many Unicode scalars it may have, counted in normal form C.
    /// - Throws: `invalid_request` with `field` when it has too few or too many, or holds a control, bidirectional, zero-width or otherwise
    ///   invisible character.
    package static func normalised(_ text: String, field: String, scalars: ClosedRange<Int>) throws(AuthorityError) -> String {
        // A scalar never grows to more than three in normal form C, so this bounds the work before it is done.
        guard text.utf8.count <= scalars.upperBound * 12 else {
            throw .invalid(field, "\(field) is too long: at most \(scalars.upperBound) characters")
        }
        var normal = String.UnicodeScalarView()
        for scalar in text._nfc { normal.append(scalar) }
        guard scalars.contains(normal.count) else {
            throw .invalid(field, "\(field) must have \(scalars.lowerBound) to \(scalars.upperBound) characters; it has \(normal.count)")
        }
        if let bad = normal.first(where: isInvisible) {
            throw .invalid(
                field, "\(field) holds the character U+\(hex(bad)), which can't be seen or changes how text is shown; leave it out")
        }
        return String(normal)
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.isNoncharacterCodePoint
        }
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let text = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - text.count)) + text
    }
}
