/// Characters of the basic plane that no text for people may hold, as the inside of a pattern's character class. The few beyond it (tags,
/// musical and hieroglyphic controls, noncharacters) are left out: the dialects of patterns spell those differently. The domain's own
/// check is `DisplayText`; a test holds the two together.
package enum Invisible {
    /// Controls, formatting, separators of lines and paragraphs, what is ignored by default, and noncharacters.
    package static let characterClass = text(ranges)

    /// Spaces of every kind, which a scope may not hold. Two are the same as two others to Unicode, and no end of a range to some dialects.
    static let spaces = text([
        0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x2000, 0x2001...0x2001, 0x2002...0x200A, 0x202F...0x202F, 0x205F...0x205F,
        0x3000...0x3000,
    ])

    /// Written down, because a walk over all of Unicode would take longer than the whole start.
    package static let ranges: [ClosedRange<UInt32>] = [
        0x0...0x1F, 0x7F...0x9F, 0xAD...0xAD, 0x34F...0x34F, 0x600...0x605, 0x61C...0x61C, 0x6DD...0x6DD, 0x70F...0x70F, 0x890...0x891,
        0x8E2...0x8E2, 0x115F...0x1160, 0x17B4...0x17B5, 0x180B...0x180F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
        0x3164...0x3164, 0xFDD0...0xFDEF, 0xFE00...0xFE0F, 0xFEFF...0xFEFF, 0xFFA0...0xFFA0, 0xFFF0...0xFFFB, 0xFFFE...0xFFFF,
    ]

    private static func text(_ ranges: [ClosedRange<UInt32>]) -> String {
        ranges.map { $0.count == 1 ? escape($0.lowerBound) : escape($0.lowerBound) + "-" + escape($0.upperBound) }.joined()
    }

    private static func escape(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
