/// Text as one word of a shell's command line: what a message says to type has to work as it stands.
package enum ShellWord {
    /// In quotes where it needs them.
    package static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || "/._-:@%+,=".contains($0) }
        return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
