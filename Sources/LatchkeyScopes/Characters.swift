/// Which characters outside ASCII a scope may hold.
///
/// A path may be in any script. What can't be seen can't be reviewed, so it is refused: white space of every kind, controls
/// (C1 as well), line and paragraph separators, and everything that Unicode calls formatting or default-ignorable, which takes
/// in zero-width characters, bidirectional marks, soft hyphens, fillers, variation selectors and tags.
enum Characters {
    static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isDefaultIgnorableCodePoint { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator: return false
        default: return true
        }
    }
}
