/// A terminal's colours and weights (ECMA-48 §8.3.117), where ``Output/usesColour`` allows them.
enum Colour: String {
    case bold = "1"
    case red = "31"
    case green = "32"
    case yellow = "33"

    /// - Parameter text: escaped already.
    func painted(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}
